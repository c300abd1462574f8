//! Calls whose members share keys, and a member that seals under any key and KID.

use super::pair::{End, id};
use rand_core::CryptoRng;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::StreamIndex;
use sealframe::key::{ApplicationKey, CallKey, Limits};
use sealframe::sframe::{BaseKey, Header, Kid};
use sealframe::{Call, Error, Millis};

const AUDIO: MediaKind = MediaKind::Audio;

/// The source of a call's keys.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// One application key, set for every sender.
    OneKey,
    /// A different application key for each sender.
    KeyEach,
    Passphrase,
}

impl Source {
    pub const ALL: [Self; 3] = [Self::OneKey, Self::KeyEach, Self::Passphrase];

    /// Sets a call's keys for these senders. A passphrase key needs no list.
    pub fn give(self, member: &mut Member, names: &[&str], rng: &mut dyn CryptoRng) {
        let given: Vec<_> = names.iter().map(|name| (*name, self.secret(name))).collect();
        let given = given.iter().map(|(name, secret)| (*name, secret.as_slice()));
        match self {
            Self::Passphrase => member.call.set_call_key(CallKey::from(&[9; 32]), Millis(0), rng),
            Self::OneKey | Self::KeyEach => member.call.set_keys(given, Millis(0), rng),
        }
        .expect("keys of one source");
    }

    /// The base key that a sender seals with. Each member can derive it.
    pub fn key(self, name: &str) -> BaseKey {
        let shared = match self {
            Self::Passphrase => CallKey::from(&[9; 32]).for_sender(&id(name)),
            Self::OneKey | Self::KeyEach => {
                let secret = self.secret(name);
                ApplicationKey::try_from(secret.as_slice()).expect("a key").for_sender(&id(name))
            }
        };
        shared.base_key().clone()
    }

    /// The application's secret used directly as a base key.
    pub fn given(byte: u8) -> BaseKey {
        BaseKey::from(&[byte; 32])
    }

    fn secret(self, name: &str) -> [u8; 32] {
        match self {
            Self::KeyEach => [name.as_bytes()[0]; 32],
            Self::OneKey | Self::Passphrase => [0; 32],
        }
    }
}

/// A call with its streams. Each is attached once.
pub struct Member {
    pub call: Call,
    streams: Vec<(String, StreamIndex)>,
}

impl Member {
    pub fn new(own: &str, limits: Limits) -> Self {
        Self { call: Call::new(id(own), limits, Millis(0)), streams: Vec::new() }
    }

    pub fn seal(&mut self, track: &str, frame: &[u8]) -> Vec<u8> {
        let stream = self.stream(format!("> {track}"), |call| call.seal_stream(AUDIO, track));
        self.call.scratch(frame.len()).expect("room").copy_from_slice(frame);
        let range = self.call.seal(stream, Some(Codec::Opus), frame.len()).expect("sealed");
        self.call.bytes(range).to_vec()
    }

    pub fn seal_data(&mut self, data: &[u8]) -> Vec<u8> {
        self.call.seal_data(data, None).expect("sealed")
    }

    pub fn open(&mut self, from: &str, track: &str, wire: &[u8]) -> Result<Vec<u8>, Error> {
        let name = format!("{from} {track}");
        let stream = self.stream(name, |call| call.open_stream(AUDIO, from, track));
        self.call.scratch(wire.len())?.copy_from_slice(wire);
        let range = self.call.open(stream, Some(Codec::Opus), wire.len())?;
        Ok(self.call.bytes(range).to_vec())
    }

    pub fn open_data(&mut self, from: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.call.open_data(message, from).map(|data| data.to_vec())
    }

    fn stream(
        &mut self,
        name: String,
        attach: impl FnOnce(&mut Call) -> Result<StreamIndex, Error>,
    ) -> StreamIndex {
        let known = self.streams.iter().find(|(known, _)| *known == name);
        if let Some((_, stream)) = known {
            return *stream;
        }
        let stream = attach(&mut self.call).expect("attached");
        self.streams.push((name, stream));
        stream
    }
}

/// Seals a frame of the track "mic" under any key and KID, as a member with its own software can.
pub fn seal_as(end: &mut End, key: BaseKey, kid: u64, frame: &[u8]) -> Vec<u8> {
    end.ring.install_own(Kid(kid), &key).expect("a new KID");
    let stream = end.sealing(AUDIO, "mic");
    end.seal(stream, Codec::Opus, frame).expect("sealed")
}

/// The SFrame header of an audio frame, which has no window.
pub fn header(frame: &[u8]) -> Header {
    Header::parse(frame).expect("a header").0
}
