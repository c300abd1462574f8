//! The readable prefix of a sealed frame. Fixed arrays: the frame path allocates nothing.

use crate::Error;
use core::fmt;

/// Largest window in bytes; a frame that needs more is refused.
pub const MAX_WINDOW: usize = 1024;

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

    /// Forgets what it holds, to be filled again.
    pub fn clear(&mut self) {
        self.wire.len = 0;
        self.bound.len = 0;
    }

    /// The bytes that go in front of the body. Empty after [`find_window`]: the opening side
    /// has them in the frame, framed in whatever way the transport left them.
    ///
    /// [`find_window`]: super::Codec::find_window
    pub fn wire(&self) -> &[u8] {
        self.wire.as_slice()
    }

    /// The part of the window that enters the AAD: what no transport rewrites.
    pub fn bound(&self) -> &[u8] {
        self.bound.as_slice()
    }

    /// How many zero bytes end the window, counted to 2: the seed of the escaping.
    ///
    /// Read from the bound part, which both sides have. Where bodies are escaped it ends the
    /// window and is never all zeros, so the count is that of the wire.
    pub fn trailing_zeros(&self) -> usize {
        self.bound().iter().rev().take(2).take_while(|byte| **byte == 0).count()
    }

    /// Appends bytes that are sent and bound.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.push_wire(bytes)?;
        self.push_bound(bytes)
    }

    /// Appends bytes that are sent, but may reach the other side in another form.
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
    array: [u8; MAX_WINDOW],
    len: usize,
}

impl Bytes {
    const fn new() -> Self {
        Self { array: [0; MAX_WINDOW], len: 0 }
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
    fn holds_exactly_its_limit() {
        let mut window = Window::new();
        assert_eq!(window.push(&[1; MAX_WINDOW]), Ok(()));
        assert_eq!(window.push(&[1]), Err(Error::WindowTooLarge));
        assert_eq!(window.wire().len(), MAX_WINDOW);
        window.clear();
        assert_eq!((window.wire(), window.bound()), (&[][..], &[][..]));
    }

    #[test]
    fn counts_the_zeros_at_its_end() {
        for (bytes, zeros) in
            [(&[][..], 0), (&[0, 1], 0), (&[1, 0], 1), (&[1, 0, 0], 2), (&[0; 5], 2)]
        {
            let mut window = Window::new();
            window.push(bytes).unwrap();
            assert_eq!(window.trailing_zeros(), zeros, "{bytes:?}");
        }
    }
}
