//! All connections, on one socket.

use std::collections::VecDeque;
use std::error::Error;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use str0m::media::{MediaData, Rid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output as RtcOutput};

use crate::client::{Client, Role};
use crate::http::{Ask, Reply};
use crate::output::Output;

/// How long the socket is waited for at most: requests come by another way.
const WAIT: Duration = Duration::from_millis(10);

pub struct Sfu {
    socket: UdpSocket,
    address: SocketAddr,
    clients: Vec<Client>,
    sessions: u64,
    /// Frames of feeds, and whether they are video.
    frames: VecDeque<(String, bool, MediaData)>,
    /// Feeds and layers whose key frame a subscriber asked for.
    requests: VecDeque<(String, Option<Rid>)>,
}

impl Sfu {
    pub fn new(socket: UdpSocket) -> Result<Self, Box<dyn Error>> {
        let address = socket.local_addr()?;
        let (frames, requests) = Default::default();
        Ok(Self { socket, address, clients: vec![], sessions: 0, frames, requests })
    }

    /// Runs for ever.
    pub fn run(&mut self, asked: &Receiver<(Ask, Sender<Reply>)>) -> Result<(), Box<dyn Error>> {
        let mut buffer = vec![0; 2_000];
        loop {
            for (ask, reply) in asked.try_iter() {
                // The client may be gone.
                let _ = reply.send(self.answer(ask));
            }
            self.clients.retain(|client| client.rtc.is_alive());
            let until = self.poll();
            self.forward();
            self.request();
            self.receive(until, &mut buffer)?;
        }
    }

    fn answer(&mut self, ask: Ask) -> Reply {
        match ask {
            Ask::Publish { feed, offer } => self.join(feed, Role::Publisher, &offer),
            Ask::Subscribe { feed, offer } => {
                let asked = Instant::now();
                self.join(feed, Role::Subscriber { output: Output::default(), asked }, &offer)
            }
            Ask::Choose { session, rid } => self.choose(session, Rid::from(rid.as_str())),
            Ask::Close { session } => {
                self.clients.retain(|client| client.session != session);
                Ok((session, String::new()))
            }
        }
    }

    fn join(&mut self, feed: String, role: Role, offer: &str) -> Reply {
        let candidate = Candidate::host(self.address, "udp").map_err(|error| error.to_string())?;
        self.sessions += 1;
        let (client, answer) = Client::new(self.sessions, feed, role, offer, candidate)?;
        self.clients.push(client);
        Ok((self.sessions, answer))
    }

    fn choose(&mut self, session: u64, rid: Rid) -> Reply {
        let found = self.clients.iter_mut().find(|client| client.session == session);
        let client = found.ok_or("there is no such session")?;
        let Role::Subscriber { output, .. } = &mut client.role else {
            return Err("a publisher has no layer to choose".to_owned());
        };
        output.choose(rid);
        self.requests.push_back((client.feed.clone(), Some(rid)));
        Ok((session, String::new()))
    }

    /// Takes what all connections have to send and to tell. Returns when they want to be asked.
    fn poll(&mut self) -> Instant {
        let mut until = Instant::now() + WAIT;
        for client in &mut self.clients {
            loop {
                match client.rtc.poll_output() {
                    Ok(RtcOutput::Timeout(at)) => {
                        until = until.min(at);
                        break;
                    }
                    Ok(RtcOutput::Transmit(packet)) => {
                        // A packet that cannot be sent is like one that was lost.
                        let _ = self.socket.send_to(&packet.contents, packet.destination);
                    }
                    Ok(RtcOutput::Event(Event::MediaAdded(media))) => {
                        client.add_media(media.kind, media.mid);
                    }
                    Ok(RtcOutput::Event(Event::KeyframeRequest(_))) => {
                        if let Role::Subscriber { output, .. } = &client.role {
                            self.requests.push_back((client.feed.clone(), output.wanted()));
                        }
                    }
                    Ok(RtcOutput::Event(Event::MediaData(frame))) => {
                        let is_video = client.is_video(frame.mid);
                        self.frames.push_back((client.feed.clone(), is_video, frame));
                    }
                    Ok(RtcOutput::Event(_)) => {}
                    Err(error) => {
                        eprintln!("a connection ends: {error}");
                        client.rtc.disconnect();
                        break;
                    }
                }
            }
        }
        until
    }

    fn forward(&mut self) {
        for (feed, is_video, frame) in self.frames.drain(..) {
            for client in self.clients.iter_mut().filter(|client| client.feed == feed) {
                client.send(&frame, is_video);
            }
        }
    }

    fn request(&mut self) {
        let now = Instant::now();
        for client in &mut self.clients {
            if let Some(rid) = client.needs_key_frame(now) {
                self.requests.push_back((client.feed.clone(), rid));
            }
        }
        for (feed, rid) in self.requests.drain(..) {
            let publishers = self.clients.iter_mut().filter(|client| client.is_publisher());
            for client in publishers.filter(|client| client.feed == feed) {
                client.request_key_frame(rid);
            }
        }
    }

    /// Waits for a datagram. All connections hear of the time that passed.
    fn receive(&mut self, until: Instant, buffer: &mut [u8]) -> Result<(), Box<dyn Error>> {
        let wait = until.saturating_duration_since(Instant::now());
        self.socket.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        match self.socket.recv_from(buffer) {
            Ok((length, source)) => self.hear(&buffer[..length], source),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        let now = Instant::now();
        for client in &mut self.clients {
            if client.rtc.handle_input(Input::Timeout(now)).is_err() {
                client.rtc.disconnect();
            }
        }
        Ok(())
    }

    fn hear(&mut self, datagram: &[u8], source: SocketAddr) {
        // What is neither STUN, DTLS nor RTP is for nobody.
        let Ok(contents) = datagram.try_into() else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
        let input = Input::Receive(Instant::now(), receive);
        let found = self.clients.iter_mut().find(|client| client.rtc.accepts(&input));
        let Some(client) = found else { return };
        if let Err(error) = client.rtc.handle_input(input) {
            eprintln!("a connection ends: {error}");
            client.rtc.disconnect();
        }
    }
}
