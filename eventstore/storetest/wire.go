package storetest

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// endpoint is a target, and how to reach it without the official client.
type endpoint struct {
	target  Target
	config  *esdb.Configuration
	address string // host:port or unix:///path
	tls     *tls.Config
	pinging *pinging // nil without idle
}

func newEndpoint(t *testing.T, target Target) *endpoint {
	t.Helper()
	e := &endpoint{target: target, config: configuration(t, target.URL)}
	e.address = e.config.Address
	if e.address == "" && len(e.config.GossipSeeds) > 0 {
		seed := e.config.GossipSeeds[0]
		e.address = net.JoinHostPort(seed.Host, strconv.Itoa(int(seed.Port)))
	}
	if !e.overUnix() && !e.config.DisableTLS {
		e.tls = &tls.Config{
			RootCAs: e.config.RootCAs, MinVersion: tls.VersionTLS12,
			InsecureSkipVerify: e.config.SkipCertificateVerification, //nolint:gosec // as the connection string says
		}
	}
	return e
}

func (e *endpoint) overUnix() bool { return strings.HasPrefix(e.address, "unix:") }

func (e *endpoint) meets(n need) bool {
	switch n {
	case network:
		return !e.overUnix()
	case insecureOnly:
		return e.tls == nil
	case secure:
		return e.tls != nil
	case users:
		return e.tls != nil && e.target.Other != nil
	case idle:
		return e.target.Idle && !e.overUnix()
	default:
		return true
	}
}

// as returns a client that signs in otherwise; an empty login is anonymous.
func (s suite) as(login, password string) *esdb.Client {
	s.Helper()
	config := configuration(s.T, s.endpoint.target.URL)
	config.Username, config.Password = login, password
	return dial(s.T, config)
}

// conn is a connection with the target's own login.
func (s suite) conn() *grpc.ClientConn {
	s.Helper()
	return s.connAs(s.endpoint.config.Username, s.endpoint.config.Password)
}

func (s suite) connAs(login, password string) *grpc.ClientConn {
	s.Helper()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if s.endpoint.tls != nil {
		options[0] = grpc.WithTransportCredentials(credentials.NewTLS(s.endpoint.tls.Clone()))
		if login != "" {
			options = append(options, grpc.WithPerRPCCredentials(basic(login+":"+password)))
		}
	}
	options = append(options, grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(17<<20), grpc.MaxCallSendMsgSize(17<<20)))
	conn, err := grpc.NewClient(s.endpoint.address, options...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	return conn
}

// basic is a login and a password for HTTP's Basic scheme.
type basic string

func (b basic) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(b))}, nil
}

func (basic) RequireTransportSecurity() bool { return true }

func identifier(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// answer is all that a call left.
type answer struct {
	append  *streams.AppendResp
	read    []*streams.ReadResp
	trailer metadata.MD
	err     error
}

// trailers tells the values of some trailers: "a=1 b=2".
func (a answer) trailers(keys ...string) string {
	var out []string
	for _, key := range keys {
		out = append(out, key+"="+strings.Join(a.trailer.Get(key), "|"))
	}
	return strings.Join(out, " ")
}

func (s suite) wantStatus(a answer, want codes.Code) {
	s.Helper()
	if status.Code(a.err) != want {
		s.Errorf("got %v, want %v", a.err, want)
	}
}

// wantTrailers expects "key=value" pairs.
func (s suite) wantTrailers(a answer, pairs ...string) {
	s.Helper()
	for _, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if got := a.trailers(key); got != pair {
			s.Errorf("trailer %q, want %q", got, pair)
		}
	}
}

// options are the first message of an append that expects anything.
func options(stream string) *streams.AppendReq_Options {
	return &streams.AppendReq_Options{
		StreamIdentifier: identifier(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}
}

// proposed is an event as it is sent.
func proposed(data []byte) *streams.AppendReq_ProposedMessage {
	return &streams.AppendReq_ProposedMessage{
		Id:       &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}},
		Metadata: map[string]string{"type": "Happened", "content-type": "application/json"},
		Data:     data,
	}
}

// send makes an append of one call.
func (s suite) send(conn *grpc.ClientConn, o *streams.AppendReq_Options, events ...*streams.AppendReq_ProposedMessage) (a answer) {
	s.Helper()
	call, err := streams.NewStreamsClient(conn).Append(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	messages := []*streams.AppendReq{{Content: &streams.AppendReq_Options_{Options: o}}}
	for _, e := range events {
		messages = append(messages, &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: e}})
	}
	for _, m := range messages {
		if err := call.Send(m); err != nil && !errors.Is(err, io.EOF) { // EOF: the answer says why
			s.Fatal(err)
		}
	}
	a.append, a.err = call.CloseAndRecv()
	a.trailer = call.Trailer()
	return a
}

// ask reads to the end, or to the first message that enough takes.
func (s suite) ask(conn *grpc.ClientConn, o *streams.ReadReq_Options, enough func(*streams.ReadResp) bool) (a answer) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	if o.FilterOption == nil {
		o.FilterOption = &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}}
	}
	call, err := streams.NewStreamsClient(conn).Read(ctx, &streams.ReadReq{Options: o})
	if err != nil {
		s.Fatal(err)
	}
	for {
		m, err := call.Recv()
		if err != nil {
			a.trailer = call.Trailer()
			if !errors.Is(err, io.EOF) {
				a.err = err
			}
			return a
		}
		a.read = append(a.read, m)
		if enough != nil && enough(m) {
			return a
		}
	}
}

// ofStream reads a stream forwards from its start, as the official client asks.
func ofStream(stream string) *streams.ReadReq_Options {
	return &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: identifier(stream), RevisionOption: &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: all},
		UuidOption:  structured(),
	}
}

// ofAll reads $all forwards from a position.
func ofAll(commit, prepare uint64) *streams.ReadReq_Options {
	return &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Position{
				Position: &streams.ReadReq_Options_Position{CommitPosition: commit, PreparePosition: prepare},
			},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: all},
		UuidOption:  structured(),
	}
}

func structured() *streams.ReadReq_Options_UUIDOption {
	return &streams.ReadReq_Options_UUIDOption{
		Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}},
	}
}
