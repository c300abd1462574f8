package main

import (
	"fmt"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// Ticks of the clock of video in a millisecond.
const ticks = 90

// subscription is a connection that gets a feed.
type subscription struct {
	feed    *feed
	pc      *webrtc.PeerConnection
	outputs []*output
}

// add makes a track for the subscriber, before its offer is answered.
func (s *subscription) add(kind webrtc.RTPCodecType, codec webrtc.RTPCodecCapability) error {
	track, err := webrtc.NewTrackLocalStaticRTP(codec, kind.String(), "feed")
	if err != nil {
		return err
	}
	sender, err := s.pc.AddTrack(track)
	if err != nil {
		return err
	}
	out := &output{kind: kind, track: track}
	if kind == webrtc.RTPCodecTypeVideo {
		out.wanted = s.feed.first
	}
	s.outputs = append(s.outputs, out)
	go s.hear(sender, out)
	return nil
}

// hear passes the subscriber's requests for key frames on.
func (s *subscription) hear(sender *webrtc.RTPSender, out *output) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.ask(out)
			}
		}
	}
}

func (s *subscription) ask(out *output) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.ask(out.wanted, together)
}

// choose changes to another layer, with its next key frame.
func (s *subscription) choose(rid string) error {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if s.feed.layers[rid] == nil {
		return fmt.Errorf("there is no layer %q", rid)
	}
	for _, out := range s.outputs {
		if out.kind == webrtc.RTPCodecTypeVideo {
			out.wanted = rid
		}
	}
	s.feed.ask(rid, together)
	return nil
}

func (s *subscription) changed(state webrtc.PeerConnectionState) {
	if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
		s.close()
	}
}

func (s *subscription) close() {
	s.feed.mu.Lock()
	for _, out := range s.outputs {
		delete(s.feed.outputs, out)
	}
	s.feed.mu.Unlock()
	_ = s.pc.Close()
}

// output is one track of a subscriber. It shows one layer at a time, and changes with key frames.
type output struct {
	kind            webrtc.RTPCodecType
	track           *webrtc.TrackLocalStaticRTP
	wanted, current string
	started         bool
	// What is added to sequence numbers and times of the current layer.
	sequence uint16
	time     uint32
	// The packet that was sent last.
	last   rtp.Header
	lastAt time.Time
}

// isWaiting tells whether a key frame is missing.
func (o *output) isWaiting() bool {
	return !o.started || o.current != o.wanted
}

// write sends a packet of a layer, if the subscriber gets that layer.
func (o *output) write(rid string, isKey bool, packet *rtp.Packet) {
	isAudio := o.kind == webrtc.RTPCodecTypeAudio
	if o.isWaiting() && rid == o.wanted && (isKey || isAudio) {
		o.change(rid, packet)
	}
	if !o.started || rid != o.current {
		return
	}
	copied := *packet
	// Extensions have other numbers at the subscriber. A packet of padding stays as an empty one, so
	// that no sequence number is missing.
	copied.Extension, copied.Extensions = false, nil
	copied.Padding, copied.PaddingSize = false, 0
	copied.SequenceNumber += o.sequence
	copied.Timestamp += o.time
	o.last, o.lastAt = copied.Header, time.Now()
	_ = o.track.WriteRTP(&copied)
}

// change begins a layer behind what was sent last.
func (o *output) change(rid string, packet *rtp.Packet) {
	if o.started {
		passed := uint32(time.Since(o.lastAt).Milliseconds()) + 1
		o.sequence = o.last.SequenceNumber + 1 - packet.SequenceNumber
		o.time = o.last.Timestamp + passed*ticks - packet.Timestamp
	}
	o.current, o.started = rid, true
}
