package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/pion/webrtc/v3"
)

// The largest body that is read, in bytes.
const maxBody = 256 << 10

// The feed has no publisher, or not all of its tracks have sent a packet.
var errNotPublished = errors.New("nothing is published under this name")

// server answers WHIP and WHEP:
//
//	POST   /FEED/whip, /FEED/whep      an offer; the answer comes with the session's Location
//	POST   /FEED/whep/NUMBER/layer     {"encodingId": RID} chooses a layer of a simulcast
//	DELETE /FEED/whip/NUMBER, …        ends the session
type server struct {
	api      *webrtc.API
	mu       sync.Mutex
	feeds    map[string]*feed
	sessions map[string]session
	count    int
}

// session is a connection that a client can end.
type session interface {
	choose(rid string) error
	close()
}

func newServer(api *webrtc.API) *server {
	return &server{api: api, feeds: map[string]*feed{}, sessions: map[string]session{}}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Headers", "content-type")
	w.Header().Set("Access-Control-Allow-Methods", "POST, DELETE")
	w.Header().Set("Access-Control-Expose-Headers", "location")
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost && len(parts) == 2:
		s.join(w, parts[0], parts[1], string(body))
	case r.Method == http.MethodPost && len(parts) == 4 && parts[3] == "layer":
		s.choose(w, strings.Join(parts[:3], "/"), body)
	case r.Method == http.MethodDelete && len(parts) == 3:
		s.end(w, strings.Join(parts, "/"))
	default:
		http.NotFound(w, r)
	}
}

func (s *server) join(w http.ResponseWriter, name, role, offer string) {
	var made session
	var answer string
	var err error
	switch role {
	case "whip":
		made, answer, err = s.publish(name, offer)
	case "whep":
		made, answer, err = s.subscribe(name, offer)
	default:
		err = errNotPublished
	}
	if errors.Is(err, errNotPublished) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/"+s.keep(name, role, made))
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

func (s *server) publish(name, offer string) (session, string, error) {
	made, answer, err := newFeed(s.api, offer)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds[name] = made
	return made, answer, nil
}

func (s *server) subscribe(name, offer string) (session, string, error) {
	s.mu.Lock()
	published := s.feeds[name]
	s.mu.Unlock()
	if published == nil {
		return nil, "", errNotPublished
	}
	return published.subscribe(s.api, offer)
}

// Keeps a session under a name that no other session has.
func (s *server) keep(name, role string, made session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	path := fmt.Sprintf("%s/%s/%d", name, role, s.count)
	s.sessions[path] = made
	return path
}

func (s *server) choose(w http.ResponseWriter, path string, body []byte) {
	var wanted struct {
		EncodingID string `json:"encodingId"`
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.session(path).choose(wanted.EncodingID); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

func (s *server) end(w http.ResponseWriter, path string) {
	ended := s.session(path)
	s.mu.Lock()
	delete(s.sessions, path)
	s.mu.Unlock()
	ended.close()
}

// The session at the path, or one that does nothing.
func (s *server) session(path string) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.sessions[path]; ok {
		return found
	}
	return noSession{}
}

type noSession struct{}

func (noSession) choose(string) error { return errors.New("there is no such session") }
func (noSession) close()              {}

// Answers an offer, once all candidates are known.
func answer(pc *webrtc.PeerConnection, offer string) (string, error) {
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	if err := pc.SetRemoteDescription(description); err != nil {
		return "", err
	}
	made, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(made); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}
