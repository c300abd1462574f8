//! How much one key may be used (`draft-irtf-cfrg-aead-limits`, SP 800-38D §8.3).

/// Limits of a sealing key. Tests hand in small ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames after which a new key is due.
    pub rotate_frames: u64,
    /// Age in milliseconds after which a new key is due.
    pub rotate_age: u64,
    /// Frames after which sealing is refused.
    pub max_frames: u64,
    /// AES blocks, of frames and associated data, after which sealing is refused.
    pub max_blocks: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rotate_frames: 1 << 24,
            rotate_age: 24 * 60 * 60 * 1000,
            max_frames: 1 << 32,
            max_blocks: 1 << 36,
        }
    }
}
