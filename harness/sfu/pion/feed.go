package main

import (
	"errors"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

const (
	// How often a key frame is asked for again while a subscriber waits for one. Chromium drops a
	// request now and then.
	repeat = 500 * time.Millisecond
	// Requests for a layer that follow each other faster than this are one.
	together = 100 * time.Millisecond
	// How long a subscriber waits for the publisher's first packets.
	patience = 10 * time.Second
)

// feed is what one publisher sends: a track of each kind. A simulcast has layers, each with a RID.
type feed struct {
	publisher *webrtc.PeerConnection
	mu        sync.Mutex
	// The codec of each kind, once its first packet came.
	codecs map[webrtc.RTPCodecType]webrtc.RTPCodecCapability
	kinds  int
	// The layers of the video by RID, "" if it has one only, and the first that came.
	layers  map[string]*layer
	first   string
	outputs map[*output]bool
}

type layer struct {
	ssrc  uint32
	asked time.Time
}

func newFeed(api *webrtc.API, offer string) (*feed, string, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", err
	}
	f := &feed{
		publisher: pc,
		codecs:    map[webrtc.RTPCodecType]webrtc.RTPCodecCapability{},
		layers:    map[string]*layer{},
		outputs:   map[*output]bool{},
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { f.receive(track) })
	sdp, err := answer(pc, offer)
	if err != nil {
		_ = pc.Close()
		return nil, "", err
	}
	f.kinds = len(pc.GetTransceivers())
	return f, sdp, nil
}

func (f *feed) choose(string) error {
	return errors.New("a publisher has no layer to choose")
}

func (f *feed) close() {
	_ = f.publisher.Close()
}

// receive forwards a track until it ends.
func (f *feed) receive(track *webrtc.TrackRemote) {
	kind, rid, codec := track.Kind(), track.RID(), track.Codec().RTPCodecCapability
	f.mu.Lock()
	f.codecs[kind] = codec
	if kind == webrtc.RTPCodecTypeVideo {
		if len(f.layers) == 0 {
			f.first = rid
		}
		f.layers[rid] = &layer{ssrc: uint32(track.SSRC())}
	}
	f.mu.Unlock()
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		isKey := kind == webrtc.RTPCodecTypeVideo && beginsKeyFrame(codec.MimeType, packet.Payload)
		f.forward(kind, rid, isKey, packet)
	}
}

func (f *feed) forward(kind webrtc.RTPCodecType, rid string, isKey bool, packet *rtp.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for out := range f.outputs {
		if out.kind != kind {
			continue
		}
		out.write(rid, isKey, packet)
		if kind == webrtc.RTPCodecTypeVideo && out.isWaiting() {
			f.ask(out.wanted, repeat)
		}
	}
}

// subscribe makes a connection that gets the feed.
func (f *feed) subscribe(api *webrtc.API, offer string) (session, string, error) {
	codecs := f.await()
	if codecs == nil {
		return nil, "", errNotPublished
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", err
	}
	s := &subscription{feed: f, pc: pc}
	for kind, codec := range codecs {
		if err := s.add(kind, codec); err != nil {
			_ = pc.Close()
			return nil, "", err
		}
	}
	sdp, err := answer(pc, offer)
	if err != nil {
		_ = pc.Close()
		return nil, "", err
	}
	pc.OnConnectionStateChange(s.changed)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, out := range s.outputs {
		f.outputs[out] = true
	}
	return s, sdp, nil
}

// await waits until the publisher's tracks are known: a subscriber can be quicker than their packets.
func (f *feed) await() map[webrtc.RTPCodecType]webrtc.RTPCodecCapability {
	end := time.Now().Add(patience)
	for {
		codecs := f.published()
		if codecs != nil || time.Now().After(end) {
			return codecs
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// published returns the codec of each kind, or nil before all tracks have sent a packet.
func (f *feed) published() map[webrtc.RTPCodecType]webrtc.RTPCodecCapability {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds == 0 || len(f.codecs) < f.kinds {
		return nil
	}
	codecs := map[webrtc.RTPCodecType]webrtc.RTPCodecCapability{}
	for kind, codec := range f.codecs {
		codecs[kind] = codec
	}
	return codecs
}

// ask asks the publisher for a key frame, unless it was asked within `pause`. The caller holds `mu`.
func (f *feed) ask(rid string, pause time.Duration) {
	wanted := f.layers[rid]
	if wanted == nil || time.Since(wanted.asked) < pause {
		return
	}
	wanted.asked = time.Now()
	request := &rtcp.PictureLossIndication{MediaSSRC: wanted.ssrc}
	_ = f.publisher.WriteRTCP([]rtcp.Packet{request})
}
