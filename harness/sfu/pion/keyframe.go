package main

import (
	"strings"

	"github.com/pion/webrtc/v3"
)

// beginsKeyFrame tells whether an RTP payload is the first of a key frame. It reads the bytes of the
// codec itself wherever there are some, and not only the payload descriptor in front of them.
func beginsKeyFrame(codec string, payload []byte) bool {
	r := &reader{bytes: payload}
	var isKey bool
	switch {
	case strings.EqualFold(codec, webrtc.MimeTypeVP8):
		isKey = vp8(r)
	case strings.EqualFold(codec, webrtc.MimeTypeVP9):
		isKey = vp9(r)
	case strings.EqualFold(codec, webrtc.MimeTypeH264):
		isKey = h264(r)
	case strings.EqualFold(codec, webrtc.MimeTypeAV1):
		isKey = av1(r)
	}
	return isKey && !r.failed
}

// RFC 7741, 4.2: a descriptor of 1 to 6 bytes. RFC 6386, 9.1: the frame tag, whose lowest bit is 0
// in a key frame, then the start code.
func vp8(r *reader) bool {
	first := r.u8()
	if first&0x80 != 0 { // X
		present := r.u8()
		if present&0x80 != 0 && r.u8()&0x80 != 0 { // I, and a picture id of 15 bits
			r.skip(1)
		}
		if present&0x40 != 0 { // L
			r.skip(1)
		}
		if present&0x30 != 0 { // T, K
			r.skip(1)
		}
	}
	isStart := first&0x10 != 0 && first&0x07 == 0 // S, and the first partition
	tag := r.take(3)
	code := r.take(3)
	return isStart && !r.failed && tag[0]&1 == 0 &&
		code[0] == 0x9d && code[1] == 0x01 && code[2] == 0x2a
}

// RFC 9628, 4.2: the descriptor. VP9 bitstream, 7.2: frame_marker is 2, then the profile,
// show_existing_frame and frame_type, which is 0 in a key frame.
func vp9(r *reader) bool {
	first := r.u8()
	if first&0x80 != 0 && r.u8()&0x80 != 0 { // I, and a picture id of 15 bits
		r.skip(1)
	}
	if first&0x20 != 0 { // L
		r.skip(1)
		if first&0x10 == 0 { // without F: the index of the first layer
			r.skip(1)
		}
	}
	if first&0x50 == 0x50 { // P and F: up to 3 references
		for r.u8()&1 != 0 && !r.failed {
		}
	}
	if first&0x02 != 0 { // V
		skipScalability(r)
	}
	header := r.u8()
	isStart := first&0x08 != 0                                      // B
	return isStart && header&0xc0 == 0x80 && header&0x30 != 0x30 && // profile 3 has one bit more
		header&0x0c == 0
}

// RFC 9628, 4.2.1: the scalability structure.
func skipScalability(r *reader) {
	structure := r.u8()
	if structure&0x10 != 0 { // Y: the size of each spatial layer
		r.skip(4 * (int(structure>>5) + 1))
	}
	if structure&0x08 == 0 { // without G
		return
	}
	for pictures := r.u8(); pictures > 0 && !r.failed; pictures-- {
		r.skip(int(r.u8() >> 2 & 3))
	}
}

// RFC 6184: a sequence parameter set, alone (5.6), in a STAP-A (5.7.1), or at the start of an FU-A
// (5.8).
func h264(r *reader) bool {
	const sps, stapA, fuA = 7, 24, 28
	switch kind := r.u8() & 0x1f; kind {
	case stapA:
		for !r.failed && r.left() > 0 {
			unit := r.take(int(r.u8())<<8 | int(r.u8()))
			if len(unit) > 0 && unit[0]&0x1f == sps {
				return true
			}
		}
		return false
	case fuA:
		header := r.u8()
		return header&0x80 != 0 && header&0x1f == sps
	default:
		return kind == sps
	}
}

// AV1 RTP payload, 4.4: the aggregation header begins a coded video sequence (N). The first OBU is a
// sequence header. AV1, 5.9.2: in the first frame, show_existing_frame and frame_type are 0.
func av1(r *reader) bool {
	const sequence, frameHeader, frame = 1, 3, 6
	header := r.u8()
	isContinued, isNew := header&0x80 != 0, header&0x08 != 0
	if isContinued || !isNew {
		return false
	}
	count := int(header >> 4 & 3)
	for i := 1; !r.failed && r.left() > 0; i++ {
		size := r.left()
		if i != count { // the last one has no length if there is a count
			size = r.leb128()
		}
		unit := &reader{bytes: r.take(size)}
		kind := obuType(unit)
		switch {
		case i == 1 && kind != sequence:
			return false
		case kind == frameHeader || kind == frame:
			return unit.u8()&0xe0 == 0 && !unit.failed
		}
	}
	return false
}

// Reads the header of an OBU (AV1, 5.3.2).
func obuType(r *reader) byte {
	header := r.u8()
	if header&0x04 != 0 { // an extension
		r.skip(1)
	}
	if header&0x02 != 0 { // a size
		r.leb128()
	}
	return header >> 3 & 15
}

// reader reads bytes, and fails at their end.
type reader struct {
	bytes  []byte
	failed bool
}

func (r *reader) left() int { return len(r.bytes) }

func (r *reader) take(count int) []byte {
	if count < 0 || count > len(r.bytes) {
		r.failed, r.bytes = true, nil
		return nil
	}
	taken := r.bytes[:count]
	r.bytes = r.bytes[count:]
	return taken
}

func (r *reader) skip(count int) { r.take(count) }

func (r *reader) u8() byte {
	if taken := r.take(1); taken != nil {
		return taken[0]
	}
	return 0
}

// A number in up to 4 groups of 7 bits, the lowest first: more do not fit into a packet.
func (r *reader) leb128() int {
	value := 0
	for shift := 0; shift < 28; shift += 7 {
		group := r.u8()
		value |= int(group&0x7f) << shift
		if group&0x80 == 0 {
			return value
		}
	}
	r.failed = true
	return 0
}
