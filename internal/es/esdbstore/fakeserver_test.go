package esdbstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// fake is a small event store in memory whose answers a test can spoil and
// which can be stopped and started without losing events. It speaks only as
// much of the protocol as this package uses.
type fake struct {
	streams.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer

	network, address string

	mu      sync.Mutex
	log     []*streams.ReadResp_ReadEvent_RecordedEvent
	changed chan struct{}
	server  *grpc.Server
	listen  net.Listener
	conns   map[net.Conn]bool
	seen    []metadata.MD // headers of appends
	appends int

	spoil  func(n int) error    // asked before the nth append (from 1) is stored; an error refuses it
	after  func(n int) error    // asked after it was stored; an error spoils the answer
	hurry  bool                 // refuses before the client has sent everything
	mute   func(reads int) bool // subscriptions for which it is true say nothing after the confirmation
	subs   int
	refuse error // of every read

	trailer metadata.MD   // of refused appends
	held    chan struct{} // reads wait for it
}

// newFake returns a fake that is not started, on a unix socket.
func newFake(t *testing.T) *fake {
	t.Helper()
	dir, err := os.MkdirTemp("", "es") // t.TempDir may be too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{network: "unix", address: filepath.Join(dir, "s"), changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		f.Stop()
		_ = os.RemoveAll(dir)
	})
	return f
}

// newTCPFake returns a fake on a port of the loopback interface.
func newTCPFake(t *testing.T) *fake {
	f := newFake(t)
	f.network, f.address = "tcp", "127.0.0.1:0"
	return f
}

func (f *fake) URL() string {
	if f.network == "unix" {
		return "unix://" + f.address
	}
	return "esdb://" + f.address + "?tls=false"
}

func (f *fake) Start(t *testing.T) *fake {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), f.network, f.address)
	if err != nil {
		t.Fatal(err)
	}
	f.address = listener.Addr().String()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listen = listener
	f.server = grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	streams.RegisterStreamsServer(f.server, f)
	serverfeatures.RegisterServerFeaturesServer(f.server, f)
	go func(s *grpc.Server) { _ = s.Serve(counted{listener, f}) }(f.server)
	return f
}

// Stop breaks all connections; the events stay.
func (f *fake) Stop() {
	f.mu.Lock()
	s, listener := f.server, f.listen
	f.server = nil
	f.mu.Unlock()
	if s != nil {
		_ = listener.Close() // Serve may not have begun
		s.Stop()
	}
}

// Cut breaks the open connections and goes on listening.
func (f *fake) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		_ = c.Close()
	}
}

// Conns counts the open connections.
func (f *fake) Conns() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// Events counts the stored events of a stream.
func (f *fake) Events(stream string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.stream(stream))
}

// hold makes reads wait until a channel is closed.
func (f *fake) hold(until chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = until
}

// Total counts the stored events.
func (f *fake) Total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.log)
}

// Subscriptions counts the subscriptions that were ever opened.
func (f *fake) Subscriptions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.subs
}

type counted struct {
	net.Listener
	fake *fake
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &countedConn{c, l.fake}
	l.fake.mu.Lock()
	l.fake.conns[conn] = true
	l.fake.mu.Unlock()
	return conn, nil
}

type countedConn struct {
	net.Conn
	fake *fake
}

func (c *countedConn) Close() error {
	go func() { // Cut closes under the lock
		c.fake.mu.Lock()
		delete(c.fake.conns, c)
		c.fake.mu.Unlock()
	}()
	return c.Conn.Close()
}

func (f *fake) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: "24.10.0"}, nil
}

func (f *fake) stream(name string) (events []*streams.ReadResp_ReadEvent_RecordedEvent) {
	for _, e := range f.log {
		if string(e.GetStreamIdentifier().GetStreamName()) == name {
			events = append(events, e)
		}
	}
	return events
}

func (f *fake) Append(call streams.Streams_AppendServer) error {
	f.mu.Lock()
	f.appends++
	n, spoil, after, hurry := f.appends, f.spoil, f.after, f.hurry
	md, _ := metadata.FromIncomingContext(call.Context())
	f.seen = append(f.seen, md)
	f.mu.Unlock()
	first, err := call.Recv()
	if err != nil {
		return err
	}
	if hurry {
		return spoil(n)
	}
	var events []*streams.AppendReq_ProposedMessage
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		events = append(events, m.GetProposedMessage())
	}
	if spoil != nil {
		if err := spoil(n); err != nil {
			call.SetTrailer(f.trailer)
			return err
		}
	}
	answer := f.store(first.GetOptions(), events)
	if after != nil {
		if err := after(n); err != nil {
			return err
		}
	}
	return call.SendAndClose(answer)
}

// store appends with exact revisions and recognises events it has.
func (f *fake) store(o *streams.AppendReq_Options, events []*streams.AppendReq_ProposedMessage) *streams.AppendResp {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := string(o.GetStreamIdentifier().GetStreamName())
	have := f.stream(name)
	next := uint64(0)
	switch o.GetExpectedStreamRevision().(type) {
	case *streams.AppendReq_Options_Revision:
		next = o.GetRevision() + 1
	case *streams.AppendReq_Options_Any: // only bare clients
		next = uint64(len(have))
	}
	if next > uint64(len(have)) || next < uint64(len(have)) && !same(have[next:], events) {
		return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: &streams.AppendResp_WrongExpectedVersion{}}}
	}
	if next == uint64(len(have)) {
		for i, e := range events {
			meta := map[string]string{"created": strconv.FormatInt(time.Now().UnixNano()/100, 10), "type": e.GetMetadata()["type"], "content-type": e.GetMetadata()["content-type"]}
			at := uint64(len(f.log) + 1)
			f.log = append(f.log, &streams.ReadResp_ReadEvent_RecordedEvent{
				Id: e.GetId(), StreamIdentifier: o.GetStreamIdentifier(), StreamRevision: next + uint64(i),
				CommitPosition: at, PreparePosition: at, Metadata: meta, Data: e.GetData(), CustomMetadata: e.GetCustomMetadata(),
			})
		}
		close(f.changed)
		f.changed = make(chan struct{})
		have = f.stream(name)
	}
	last := have[next+uint64(len(events))-1]
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: last.GetStreamRevision()},
		PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: last.GetCommitPosition(), PreparePosition: last.GetPreparePosition()}},
	}}}
}

func same(have []*streams.ReadResp_ReadEvent_RecordedEvent, events []*streams.AppendReq_ProposedMessage) bool {
	if len(have) < len(events) {
		return false
	}
	for i, e := range events {
		if have[i].GetId().GetStructured().String() != e.GetId().GetStructured().String() {
			return false
		}
	}
	return true
}

func (f *fake) Read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	o := req.GetOptions()
	f.mu.Lock()
	log, refuse, held := f.log, f.refuse, f.held
	if stream := o.GetStream(); stream != nil {
		log = f.stream(string(stream.GetStreamIdentifier().GetStreamName()))
	}
	f.mu.Unlock()
	if held != nil {
		<-held
	}
	switch {
	case refuse != nil:
		return refuse
	case o.GetSubscription() != nil:
		return f.subscribe(o, call)
	case o.GetAll() != nil: // backwards from the end, for the head
		if len(log) == 0 {
			return nil
		}
		return call.Send(event(log[len(log)-1]))
	case len(log) == 0:
		return call.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: o.GetStream().GetStreamIdentifier()}}})
	}
	from := min(o.GetStream().GetRevision(), uint64(len(log)))
	for _, e := range log[from:min(from+o.GetCount(), uint64(len(log)))] {
		if err := call.Send(event(e)); err != nil {
			return err
		}
	}
	return nil
}

func event(e *streams.ReadResp_ReadEvent_RecordedEvent) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: e, Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: e.GetCommitPosition()},
	}}}
}

func (f *fake) subscribe(o *streams.ReadReq_Options, call streams.Streams_ReadServer) error {
	f.mu.Lock()
	f.subs++
	mute := f.mute != nil && f.mute(f.subs)
	f.mu.Unlock()
	if err := call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "1"}}}); err != nil {
		return err
	}
	if mute {
		<-call.Context().Done()
		return status.FromContextError(call.Context().Err()).Err()
	}
	at := o.GetAll().GetPosition().GetCommitPosition()
	for caughtUp := false; ; {
		f.mu.Lock()
		news, changed := f.log[at:], f.changed
		f.mu.Unlock()
		for _, e := range news {
			at = e.GetCommitPosition()
			m := event(e)
			if !matches(o.GetFilter(), e) {
				m = &streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: at, PreparePosition: at}}}
			}
			if err := call.Send(m); err != nil {
				return err
			}
		}
		if !caughtUp {
			caughtUp = true
			if err := call.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-call.Context().Done():
			return status.FromContextError(call.Context().Err()).Err()
		}
	}
}

func matches(filter *streams.ReadReq_Options_FilterOptions, e *streams.ReadResp_ReadEvent_RecordedEvent) bool {
	for _, prefix := range filter.GetStreamIdentifier().GetPrefix() {
		if strings.HasPrefix(string(e.GetStreamIdentifier().GetStreamName()), prefix) {
			return true
		}
	}
	return filter == nil
}

var errBusy = status.Error(codes.Unavailable, "starting")
