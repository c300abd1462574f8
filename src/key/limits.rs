//! Limits on the use of one key (`draft-irtf-cfrg-aead-limits`, SP 800-38D §8.3).

/// Limits of a sealing key. Tests use small ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Number of frames after which a new key is due.
    pub rotate_frames: u64,
    /// Age after which a new key is due, in milliseconds.
    pub rotate_age: u64,
    /// At most this number of frames is sealed.
    pub max_frames: u64,
    /// At most this number of AES blocks is spent on frames and associated data.
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
