module sealframe-pion-sfu

go 1.19

// The versions are Debian's: harness/sfu/pion.mjs builds without downloads.
require (
	github.com/pion/ice/v2 v2.3.1
	github.com/pion/interceptor v0.1.12
	github.com/pion/rtcp v1.2.10
	github.com/pion/rtp v1.7.13
	github.com/pion/webrtc/v3 v3.1.56
)
