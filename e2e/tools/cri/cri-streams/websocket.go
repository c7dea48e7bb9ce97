package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	patience  = 30 * time.Second
	binaryOp  = 2
	closeOp   = 8
	maxLength = 1 << 20
)

// socket is a WebSocket (RFC 6455) whose binary messages begin with the number of a channel.
type socket struct {
	connection *net.TCPConn
	reader     *bufio.Reader
}

func dial(address, protocol string) (*socket, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	raw, err := net.DialTimeout("tcp", target.Host, patience)
	if err != nil {
		return nil, err
	}
	s := &socket{connection: raw.(*net.TCPConn), reader: bufio.NewReader(raw)}
	if err := s.upgrade(target, protocol); err != nil {
		raw.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) upgrade(target *url.URL, protocol string) error {
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-WebSocket-Version": {"13"},
		"Sec-WebSocket-Key": {base64.StdEncoding.EncodeToString(key)}, "Sec-WebSocket-Protocol": {protocol},
	}
	s.connection.SetDeadline(time.Now().Add(patience))
	if err := request.Write(s.connection); err != nil {
		return err
	}
	answer, err := http.ReadResponse(s.reader, request)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

func (s *socket) send(channel byte, data string) error {
	payload := append([]byte{channel}, data...)
	frame := []byte{0x80 | binaryOp}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload)))
	} else {
		frame = append(frame, 0x80|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
	}
	frame = append(frame, 0, 0, 0, 0) // a mask of zeros
	s.connection.SetDeadline(time.Now().Add(patience))
	_, err := s.connection.Write(append(frame, payload...))
	return err
}

// receive gives the next message; io.EOF when the server closes the session.
func (s *socket) receive() (byte, string, error) {
	s.connection.SetDeadline(time.Now().Add(patience))
	var head [2]byte
	if _, err := io.ReadFull(s.reader, head[:]); err != nil {
		return 0, "", err
	}
	length := uint64(head[1] & 0x7f)
	switch length {
	case 126:
		var more [2]byte
		if _, err := io.ReadFull(s.reader, more[:]); err != nil {
			return 0, "", err
		}
		length = uint64(binary.BigEndian.Uint16(more[:]))
	case 127:
		var more [8]byte
		if _, err := io.ReadFull(s.reader, more[:]); err != nil {
			return 0, "", err
		}
		length = binary.BigEndian.Uint64(more[:])
	}
	if length > maxLength {
		return 0, "", fmt.Errorf("a message of %d bytes", length)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(s.reader, payload); err != nil {
		return 0, "", err
	}
	if head[0]&0x0f == closeOp {
		return 0, "", io.EOF
	}
	if head[0]&0x0f != binaryOp || length == 0 {
		return 0, "", nil
	}
	return payload[0], string(payload[1:]), nil
}

// await reads until a channel has brought the text.
func (s *socket) await(channel byte, text string) error {
	var all strings.Builder
	for !strings.Contains(all.String(), text) {
		from, data, err := s.receive()
		if err != nil {
			return fmt.Errorf("waiting for %q on channel %d after %q: %w", text, channel, all.String(), err)
		}
		if from == channel {
			all.WriteString(data)
		}
	}
	return nil
}

// end reads to the end of the session.
func (s *socket) end() error {
	defer s.connection.Close()
	for {
		if _, _, err := s.receive(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// breakOff leaves without a word: the server sees a reset, whatever was under way.
func (s *socket) breakOff() error {
	s.connection.SetLinger(0)
	return s.connection.Close()
}
