// An SFU for tests, on Pion. Publishers come by WHIP (RFC 9725), subscribers by WHEP
// (draft-ietf-wish-whep). It forwards RTP packets. Each subscriber's picture begins with a key frame
// that the SFU recognizes by bytes of the payload, as LiveKit and Galene do. So a frame whose bytes
// are not what they seem stays invisible.
//
// usage: pion-sfu LISTEN MEDIA, such as: pion-sfu 127.0.0.1:8080 127.0.0.1
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

func main() {
	if len(os.Args) != 3 || net.ParseIP(os.Args[2]) == nil {
		log.Fatal("usage: pion-sfu LISTEN MEDIA")
	}
	api, err := newAPI(net.ParseIP(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, newServer(api)))
}

// Connections have one candidate, the address `media`.
func newAPI(media net.IP) (*webrtc.API, error) {
	engine := &webrtc.MediaEngine{}
	if err := registerCodecs(engine); err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(engine, interceptors); err != nil {
		return nil, err
	}
	setting := webrtc.SettingEngine{}
	setting.SetIncludeLoopbackCandidate(media.IsLoopback())
	setting.SetIPFilter(media.Equal)
	setting.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	setting.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(setting),
	), nil
}

// Payload types of the answers. Browsers name their own in offers.
var videoCodecs = []struct {
	name, format string
	payload      webrtc.PayloadType
}{
	{webrtc.MimeTypeVP8, "", 96},
	{webrtc.MimeTypeVP9, "profile-id=0", 98},
	{webrtc.MimeTypeAV1, "", 45},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f", 102},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 103},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f", 104},
}

var extensions = []string{
	"urn:ietf:params:rtp-hdrext:sdes:mid",
	"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
	"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
}

func registerCodecs(engine *webrtc.MediaEngine) error {
	opus := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
		PayloadType: 111,
	}
	if err := engine.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return err
	}
	feedback := []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}}
	for _, codec := range videoCodecs {
		parameters := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: codec.name, ClockRate: 90000, SDPFmtpLine: codec.format, RTCPFeedback: feedback,
			},
			PayloadType: codec.payload,
		}
		if err := engine.RegisterCodec(parameters, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	for _, uri := range extensions {
		capability := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := engine.RegisterHeaderExtension(capability, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return nil
}
