//! Windows and escaping allocate nothing.
#![allow(missing_docs)]

use sealframe::codec::{Codec, Window, emulation};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! { static COUNT: Cell<usize> = const { Cell::new(0) }; }

struct Counting;

// SAFETY: both calls pass their arguments on; the counter is a plain thread-local without Drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn frame(codec: Codec) -> Vec<u8> {
    let start: &[u8] = match codec {
        Codec::H264 => &[0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 0x88, 0x84],
        Codec::H265 => &[0, 0, 1, 0x40, 1, 1, 0, 0, 1, 0x44, 1, 1, 0, 0, 1, 0x26, 1, 0xaf],
        Codec::Av1 => &[0x12, 0, 0x0a, 2, 0, 0x24, 0x30, 0x10],
        _ => &[0x10, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0],
    };
    // Enough zeros that every third byte is an escape.
    [start, &[0; 5000]].concat()
}

fn round_trip(codec: Codec, frame: &[u8], buf: &mut [u8], window: &mut Window) {
    codec.write_window(frame, frame.len(), window).unwrap();
    let start = window.wire().len();
    buf[..start].copy_from_slice(window.wire());
    buf[start..start + frame.len()].copy_from_slice(frame);
    let mut end = start + frame.len();
    if codec.escapes() {
        end = emulation::escape_in_place(buf, start, end, window.trailing_zeros()).unwrap();
    }
    let body = codec.parse_window(&buf[..end], window).unwrap();
    if codec.escapes() {
        end = emulation::unescape_in_place(buf, body.start, end, window.trailing_zeros());
    }
    assert_eq!(&buf[body.start..end], frame);
}

#[test]
fn windows_and_escaping_allocate_nothing() {
    let mut window = Window::new();
    let mut buf = vec![0; 20_000];
    for (codec, name) in Codec::ALL {
        let frame = frame(codec);
        let before = COUNT.get();
        round_trip(codec, &frame, &mut buf, &mut window);
        assert_eq!(COUNT.get(), before, "{name}");
    }
}
