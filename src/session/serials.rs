//! Serials: what keeps an old envelope from bringing an old key back, even after a reload.

use crate::bytes::Reader;
use crate::envelope::DeviceId;
use crate::{Error, Millis};
use alloc::{vec, vec::Vec};

/// The last serial that we used, and the highest seen of each sender. No secrets; to be stored
/// with the device's keys for as long as the call may go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serials {
    own: u64,
    peers: Vec<(DeviceId, u64)>,
}

const VERSION: u8 = 1;
/// More senders than this were never in one call; the one whose key came longest ago is forgotten,
/// whatever serials others choose.
const MAX_PEERS: usize = 4096;

impl Serials {
    /// Reads what [`Serials::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`], [`Error::BadArgument`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        match reader.u8() {
            Some(VERSION) => Self::parse_entries(reader).ok_or(Error::BadArgument),
            Some(_) => Err(Error::UnsupportedVersion),
            None => Err(Error::BadArgument),
        }
    }

    /// `u8 version = 1 ‖ u64 own ‖ (device id, 16 bytes ‖ u64 serial)*`
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.own.to_be_bytes());
        for (id, serial) in &self.peers {
            bytes.extend(id.as_bytes());
            bytes.extend(serial.to_be_bytes());
        }
        bytes
    }

    /// The next serial of our own: later than all before, and than those of a lost store as long
    /// as the clock goes forward.
    pub(super) fn next(&mut self, now: Millis) -> u64 {
        self.own = self.own.saturating_add(1).max(now.0);
        self.own
    }

    /// The highest serial seen of a sender.
    pub(super) fn of(&self, sender: DeviceId) -> Option<u64> {
        self.peers.iter().find(|(id, _)| *id == sender).map(|(_, serial)| *serial)
    }

    /// Notes a serial, unless a higher one is known.
    pub(super) fn note(&mut self, sender: DeviceId, serial: u64) {
        let known = self.peers.iter().position(|(id, _)| *id == sender);
        let last = known.map_or(0, |at| self.peers.remove(at).1);
        if self.peers.len() >= MAX_PEERS {
            self.peers.remove(0);
        }
        self.peers.push((sender, serial.max(last)));
    }

    fn parse_entries(mut reader: Reader<'_>) -> Option<Self> {
        let mut serials = Self { own: reader.u64()?, peers: Vec::new() };
        while reader.left() > 0 {
            serials.note(DeviceId::new(reader.array()?), reader.u64()?);
        }
        Some(serials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u16) -> DeviceId {
        DeviceId::of(&number.to_be_bytes())
    }

    #[test]
    fn own_serials_grow_whatever_the_clock_does() {
        let mut serials = Serials::default();
        let clock = [100, 100, 50, 200, 200].map(Millis);
        assert_eq!(clock.map(|now| serials.next(now)), [100, 101, 102, 200, 201]);
    }

    #[test]
    fn they_survive_storage() {
        let mut serials = Serials::default();
        serials.next(Millis(7));
        serials.note(id(1), 10);
        serials.note(id(2), 20);
        serials.note(id(1), 9);
        let bytes = serials.to_bytes();
        assert_eq!(bytes.len(), 9 + 2 * 24);
        assert_eq!(Serials::parse(&bytes), Ok(serials.clone()));
        assert_eq!(serials.of(id(1)), Some(10));
        assert_eq!(Serials::parse(&bytes[1..]), Err(Error::UnsupportedVersion));
        for len in (0..bytes.len()).filter(|len| len % 24 != 9) {
            assert_eq!(Serials::parse(&bytes[..len]), Err(Error::BadArgument));
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let mut serials = Serials::default();
        serials.note(id(0), 1);
        for number in 1..5000 {
            serials.note(id(number), u64::MAX);
            serials.note(id(1), 2);
        }
        assert_eq!(serials.to_bytes().len(), 9 + MAX_PEERS * 24);
        let heard_of = [0, 1, 2, 4999].map(|number| serials.of(id(number)).is_some());
        assert_eq!(heard_of, [false, true, false, true]);
    }
}
