//! The SFrame header, RFC 9605 §4.3.

use crate::Error;
use crate::bytes::Reader;

/// Length of the longest header in bytes: the config byte, an 8-byte KID and an 8-byte CTR.
pub const MAX_HEADER_LEN: usize = 17;

/// Set in a half of the config byte (K or C) if bytes of the value follow.
const EXTENDED: u8 = 0b1000;

/// The identifier of one of a sender's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid(pub u64);

/// Key identifier and counter of one frame.
//
// RFC 9605 §4.3:
//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+------------+------------+
//  |X|  K  |Y|  C  |   KID...   |   CTR...   |
//  +-+-+-+-+-+-+-+-+------------+------------+
//  X = 0: K is the KID;  X = 1: K + 1 bytes of KID follow.  Y and C are the same for the CTR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The key identifier.
    pub kid: Kid,
    /// The counter.
    pub ctr: u64,
}

impl Header {
    /// Writes the minimal encoding to the start of `out` and returns its length, 1 to 17 bytes.
    pub fn encode(self, out: &mut [u8; MAX_HEADER_LEN]) -> usize {
        let (k, kid_len) = config_half(self.kid.0);
        let (c, ctr_len) = config_half(self.ctr);
        // Both lengths are at most 8, and MAX_HEADER_LEN is 1 + 8 + 8.
        out[0] = k << 4 | c;
        out[1..1 + kid_len].copy_from_slice(&self.kid.0.to_be_bytes()[8 - kid_len..]);
        out[1 + kid_len..1 + kid_len + ctr_len]
            .copy_from_slice(&self.ctr.to_be_bytes()[8 - ctr_len..]);
        1 + kid_len + ctr_len
    }

    /// Reads a header and returns it with its length in bytes.
    ///
    /// # Errors
    /// [`Error::BadHeader`] if the header is cut short or not minimal. A second encoding of the
    /// same (KID, CTR) would give one frame two names.
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize), Error> {
        let mut reader = Reader::new(bytes);
        let config = reader.u8().ok_or(Error::BadHeader)?;
        let kid = read_half(config >> 4, &mut reader)?;
        let ctr = read_half(config & 0x0f, &mut reader)?;
        Ok((Self { kid: Kid(kid), ctr }, bytes.len() - reader.left()))
    }
}

/// Four bits of the config byte for `value`, and the number of bytes of `value` that follow.
fn config_half(value: u64) -> (u8, usize) {
    if value < 8 {
        return (value as u8, 0);
    }
    let len = 8 - value.leading_zeros() as usize / 8;
    (EXTENDED | (len as u8 - 1), len)
}

fn read_half(half: u8, reader: &mut Reader<'_>) -> Result<u64, Error> {
    if half & EXTENDED == 0 {
        return Ok(u64::from(half));
    }
    let bytes = reader.take(usize::from(half & 7) + 1).ok_or(Error::BadHeader)?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let minimal = value >= 8 && bytes[0] != 0; // one byte or more was taken
    if minimal { Ok(value) } else { Err(Error::BadHeader) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_minimal_headers_are_refused() {
        for bytes in [&[0x80, 0x07][..], &[0x90, 0x00, 0x09], &[0x08, 0x00], &[0x09, 0, 8]] {
            assert_eq!(Header::parse(bytes), Err(Error::BadHeader), "{bytes:02x?}");
        }
    }

    #[test]
    fn headers_cut_short_anywhere_are_refused() {
        let mut out = [0; MAX_HEADER_LEN];
        let len = Header { kid: Kid(u64::MAX), ctr: u64::MAX }.encode(&mut out);
        assert_eq!(len, MAX_HEADER_LEN);
        for cut in 0..len {
            assert_eq!(Header::parse(&out[..cut]), Err(Error::BadHeader));
        }
    }
}
