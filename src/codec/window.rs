//! The readable prefix of a sealed frame. Fixed arrays: the frame path allocates nothing.

use crate::Error;
use core::fmt;

/// At most 1024 bytes. A frame that needs a larger window is refused.
pub const MAX_WINDOW_LEN: usize = 1024;

/// The readable prefix of a sealed frame, and the part of it that the AAD binds.
pub struct Window {
    wire: Bytes,
    bound: Bytes,
}

impl Window {
    /// An empty window.
    pub const fn new() -> Self {
        Self { wire: Bytes::new(), bound: Bytes::new() }
    }

    /// Empties the window for the next frame.
    pub fn clear(&mut self) {
        self.wire.len = 0;
        self.bound.len = 0;
    }

    /// The bytes in front of the body. Empty after [`parse_window`]: the opening side has them in
    /// the frame, in the framing that the transport left.
    ///
    /// [`parse_window`]: super::Codec::parse_window
    pub fn wire(&self) -> &[u8] {
        self.wire.as_slice()
    }

    /// The part of the window that enters the AAD: bytes that no transport rewrites.
    pub fn bound(&self) -> &[u8] {
        self.bound.as_slice()
    }

    /// The number of zero bytes at the end of the window, at most 2: the seed of the escaping.
    ///
    /// It is read from the bound part, which both sides have. For codecs with escaped bodies the
    /// bound part ends the window and is never all zeros, so the number is that of the wire.
    pub fn trailing_zeros(&self) -> usize {
        self.bound().iter().rev().take(2).take_while(|byte| **byte == 0).count()
    }

    /// Appends bytes that are sent and bound.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.push_wire(bytes)?;
        self.push_bound(bytes)
    }

    /// Appends bytes that are sent, but may arrive in another form.
    pub(super) fn push_wire(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.wire.push(bytes)
    }

    /// Appends bytes that are bound, but not sent in this form.
    pub(super) fn push_bound(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bound.push(bytes)
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("wire", &self.wire.len)
            .field("bound", &self.bound.len)
            .finish()
    }
}

struct Bytes {
    array: [u8; MAX_WINDOW_LEN],
    /// At most the length of the array: `push` checks it.
    len: usize,
}

impl Bytes {
    const fn new() -> Self {
        Self { array: [0; MAX_WINDOW_LEN], len: 0 }
    }

    fn as_slice(&self) -> &[u8] {
        &self.array[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = self.array[self.len..].get_mut(..bytes.len()).ok_or(Error::WindowTooLarge)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_exactly_its_limit() {
        let mut window = Window::new();
        assert_eq!(window.push(&[1; MAX_WINDOW_LEN]), Ok(()));
        assert_eq!(window.push(&[1]), Err(Error::WindowTooLarge));
        assert_eq!(window.wire().len(), MAX_WINDOW_LEN);
        window.clear();
        assert_eq!((window.wire(), window.bound()), (&[][..], &[][..]));
    }

    #[test]
    fn zeros_at_the_end_of_a_window_are_counted_to_two() {
        for (bytes, zeros) in
            [(&[][..], 0), (&[0, 1], 0), (&[1, 0], 1), (&[1, 0, 0], 2), (&[0; 5], 2)]
        {
            let mut window = Window::new();
            window.push(bytes).unwrap();
            assert_eq!(window.trailing_zeros(), zeros, "{bytes:?}");
        }
    }
}
