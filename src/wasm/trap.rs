//! For tests, a core that traps at every 60th frame which a track with the label `trap` seals.

use crate::Error;
use crate::frame::StreamIndex;
use alloc::vec::Vec;
use core::ops::Range;

/// Streams that trap, each with the number of its sealed frames.
#[derive(Default)]
pub struct Trap(Vec<(StreamIndex, u32)>);

impl Trap {
    pub fn set(&mut self, stream: Result<StreamIndex, Error>, track: &str) {
        self.0.extend(stream.into_iter().filter(|_| track == "trap").map(|stream| (stream, 0)));
    }

    pub fn sealed(&mut self, stream: StreamIndex, result: &Result<Range<usize>, Error>) {
        for (_, sealed) in self.0.iter_mut().filter(|(at, _)| result.is_ok() && *at == stream) {
            *sealed += 1;
            assert!(*sealed < 60, "trap asked for");
        }
    }
}
