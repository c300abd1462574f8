//! A sealing and an opening end. Tests can drop, copy and change what passes between them.

use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{Direction, FrameCryptor, Label, StreamIndex};
use sealframe::key::{ApplicationKey, Limits, Ring, SenderId, SharedKey};
use sealframe::sframe::{BaseKey, Kid};
use sealframe::{Error, Millis};

/// One end of a call: keys and frame cryptor.
pub struct End {
    pub ring: Ring,
    pub cryptor: FrameCryptor,
    /// The streams by purpose. Each is attached once.
    streams: Vec<(Direction, MediaKind, Label, StreamIndex)>,
    /// Second receivers of tracks of these senders.
    seconds: Vec<(SenderId, StreamIndex)>,
}

pub fn id(name: &str) -> SenderId {
    SenderId::try_from(name).expect("a sender id")
}

pub fn key(byte: u8) -> BaseKey {
    BaseKey::try_from(&[byte; 32][..]).expect("a key")
}

/// The base key of this sender if its application key consists of `byte`.
pub fn shared(name: &str, byte: u8) -> SharedKey {
    ApplicationKey::try_from(&[byte; 32][..]).expect("a key").for_sender(&id(name))
}

pub fn label(name: &str) -> Label {
    Label::try_from(name).expect("a label")
}

impl End {
    pub fn new(limits: Limits) -> Self {
        let (ring, cryptor) = (Ring::new(limits, Millis(0)), FrameCryptor::default());
        Self { ring, cryptor, streams: Vec::new(), seconds: Vec::new() }
    }

    /// Alice, who seals with application key `byte` and KID `kid`.
    pub fn alice(byte: u8, kid: u64) -> Self {
        let mut end = Self::new(Limits::default());
        end.ring.set_shared_keys(&id("alice"), Kid(kid), vec![shared("alice", byte)]).unwrap();
        end
    }

    /// Bob, who opens Alice's frames with application key `byte`.
    pub fn bob(byte: u8) -> Self {
        let mut end = Self::new(Limits::default());
        end.ring.set_shared_keys(&id("bob"), Kid(1), vec![shared("alice", byte)]).unwrap();
        end
    }

    pub fn sealing(&mut self, kind: MediaKind, name: &str) -> StreamIndex {
        self.stream(Direction::Seal, kind, name)
    }

    pub fn opening(&mut self, sender: &str, kind: MediaKind, name: &str) -> StreamIndex {
        self.opening_of(&id(sender), kind, name)
    }

    pub fn opening_of(&mut self, sender: &SenderId, kind: MediaKind, name: &str) -> StreamIndex {
        let sender = self.ring.intern(sender);
        self.stream(Direction::Open(sender), kind, name)
    }

    /// A second receiver of a sender's audio, attached at its first use.
    pub fn second_of(&mut self, sender: &SenderId) -> StreamIndex {
        let known = self.seconds.iter().find(|(of, _)| of == sender);
        known.map(|(_, stream)| *stream).unwrap_or_else(|| {
            let stream =
                self.another(sender.as_str(), MediaKind::Audio, "").expect("a second stream");
            self.seconds.push((sender.clone(), stream));
            stream
        })
    }

    /// Attaches one more receiver of a track.
    pub fn another(
        &mut self,
        sender: &str,
        kind: MediaKind,
        name: &str,
    ) -> Result<StreamIndex, Error> {
        let sender = self.ring.intern(&id(sender));
        self.cryptor.attach(&mut self.ring, Direction::Open(sender), kind, label(name))
    }

    pub fn release(&mut self, stream: StreamIndex) {
        self.cryptor.release(&mut self.ring, stream);
    }

    fn stream(&mut self, direction: Direction, kind: MediaKind, name: &str) -> StreamIndex {
        let wanted = (direction, kind, label(name));
        let known = self.streams.iter().find(|s| (s.0, s.1, &s.2) == (wanted.0, kind, &wanted.2));
        if let Some(&(.., stream)) = known {
            return stream;
        }
        let stream = self.cryptor.attach(&mut self.ring, direction, kind, wanted.2.clone());
        let stream = stream.expect("a first stream");
        self.streams.push((direction, kind, wanted.2, stream));
        stream
    }

    pub fn seal(&mut self, s: StreamIndex, codec: Codec, frame: &[u8]) -> Result<Vec<u8>, Error> {
        self.cryptor.scratch(frame.len())?.copy_from_slice(frame);
        let range = self.cryptor.seal(&mut self.ring, s, Some(codec), frame.len())?;
        Ok(self.cryptor.bytes(range).to_vec())
    }

    pub fn open(&mut self, s: StreamIndex, codec: Codec, wire: &[u8]) -> Result<Vec<u8>, Error> {
        self.cryptor.scratch(wire.len())?.copy_from_slice(wire);
        let range = self.cryptor.open(&mut self.ring, s, Some(codec), wire.len())?;
        Ok(self.cryptor.bytes(range).to_vec())
    }
}
