//! Reading big-endian fields and LEB128 numbers from a slice without ever panicking.

/// A cursor over a byte slice. A method that would read past the end returns `None` and does not
/// move.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[b]| b)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// An AV1 `leb128()` number (AV1 specification §4.10.5), at most 2^32 - 1.
    pub fn leb128(&mut self) -> Option<usize> {
        let mut at = *self;
        let mut value = 0u64;
        for i in 0..8 {
            let byte = at.u8()?;
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                *self = at;
                return u32::try_from(value).ok()?.try_into().ok();
            }
        }
        None
    }

    /// The bytes that were not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The number of bytes that were not read yet.
    pub const fn left(&self) -> usize {
        self.rest.len()
    }
}

/// The minimal `leb128()` form of `value` in a buffer, and its length in bytes.
pub fn leb128(mut value: u32) -> ([u8; 5], usize) {
    let mut out = [0; 5];
    let mut len = 0;
    loop {
        // 32 bits make at most 5 groups of 7, so `len` stays below 5.
        out[len] = (value & 0x7f) as u8;
        value >>= 7;
        len += 1;
        if value == 0 {
            return (out, len);
        }
        out[len - 1] |= 0x80;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb128_numbers_round_trip() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, u32::MAX] {
            let (bytes, len) = leb128(value);
            let mut reader = Reader::new(&bytes[..len]);
            assert_eq!(reader.leb128(), Some(value as usize));
            assert_eq!(reader.left(), 0);
        }
    }

    #[test]
    fn a_read_past_the_end_returns_none_and_does_not_move() {
        let mut reader = Reader::new(&[0x80, 0x80]);
        assert_eq!(reader.leb128(), None);
        assert_eq!(reader.take(3), None);
        assert_eq!(reader.u64(), None);
        assert_eq!(reader.left(), 2);
    }
}
