package main

import (
	"testing"

	"github.com/pion/webrtc/v3"
)

// Payloads that begin a key frame, and the same with one bit changed or a byte missing.
var payloads = []struct {
	name, codec string
	bytes       []byte
	isKey       bool
}{
	{"vp8", webrtc.MimeTypeVP8, []byte{0x10, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 8}, true},
	{"vp8 with a picture id", webrtc.MimeTypeVP8, []byte{0x90, 0x80, 0x81, 7, 0x10, 2, 0, 0x9d, 0x01, 0x2a}, true},
	{"vp8 delta frame", webrtc.MimeTypeVP8, []byte{0x10, 0x11, 2, 0, 0x9d, 0x01, 0x2a, 8}, false},
	{"vp8 in the middle of a frame", webrtc.MimeTypeVP8, []byte{0x00, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 8}, false},
	{"vp8 with another start code", webrtc.MimeTypeVP8, []byte{0x10, 0x10, 2, 0, 0x9d, 0x01, 0x2b, 8}, false},
	{"vp8 that ends early", webrtc.MimeTypeVP8, []byte{0x10, 0x10, 2, 0, 0x9d, 0x01}, false},

	{"vp9", webrtc.MimeTypeVP9, []byte{0x88, 5, 0x82}, true},
	{"vp9 with a scalability structure", webrtc.MimeTypeVP9, []byte{0x8a, 5, 0x18, 2, 128, 1, 224, 1, 0x04, 1, 0x82}, true},
	{"vp9 delta frame", webrtc.MimeTypeVP9, []byte{0x88, 5, 0x86}, false},
	{"vp9 with another frame marker", webrtc.MimeTypeVP9, []byte{0x88, 5, 0x42}, false},
	{"vp9 that shows an existing frame", webrtc.MimeTypeVP9, []byte{0x88, 5, 0x8a}, false},
	{"vp9 that ends early", webrtc.MimeTypeVP9, []byte{0x88, 5}, false},

	{"h264", webrtc.MimeTypeH264, []byte{0x67, 0x42}, true},
	{"h264 in a STAP-A", webrtc.MimeTypeH264, []byte{24, 0, 1, 9, 0, 2, 0x67, 0x42}, true},
	{"h264 in an FU-A", webrtc.MimeTypeH264, []byte{28, 0x87, 0x42}, true},
	{"h264 slice", webrtc.MimeTypeH264, []byte{0x61, 0x42}, false},
	{"h264 in the middle of an FU-A", webrtc.MimeTypeH264, []byte{28, 0x07, 0x42}, false},
	{"h264 STAP-A that ends early", webrtc.MimeTypeH264, []byte{24, 0, 9, 0x67}, false},

	{"av1", webrtc.MimeTypeAV1, []byte{0x28, 2, 0x08, 0, 0x30, 0x10}, true},
	{"av1 with the size of each OBU", webrtc.MimeTypeAV1, []byte{0x08, 2, 0x08, 0, 2, 0x30, 0x10}, true},
	{"av1 delta frame", webrtc.MimeTypeAV1, []byte{0x28, 2, 0x08, 0, 0x30, 0x30}, false},
	{"av1 without N", webrtc.MimeTypeAV1, []byte{0x20, 2, 0x08, 0, 0x30, 0x10}, false},
	{"av1 without a sequence header", webrtc.MimeTypeAV1, []byte{0x28, 2, 0x28, 0, 0x30, 0x10}, false},
	{"av1 that ends early", webrtc.MimeTypeAV1, []byte{0x28, 2, 0x08, 0, 0x30}, false},

	{"opus", webrtc.MimeTypeOpus, []byte{0x10, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 8}, false},
}

func TestKeyFramesAreRecognizedByTheirPayload(t *testing.T) {
	for _, one := range payloads {
		if found := beginsKeyFrame(one.codec, one.bytes); found != one.isKey {
			t.Errorf("%s: %v", one.name, found)
		}
		for length := range one.bytes {
			beginsKeyFrame(one.codec, one.bytes[:length]) // does not panic
		}
	}
}
