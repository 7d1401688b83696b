package storetest

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var connectionTests = []test{
	{"version and features", []string{"connection 1", "connection 2"}, features, anywhere},
	{"what is not advertised is not answered", []string{"connection 4"}, unadvertised, anywhere},
	{"gossip names a leader", []string{"connection 5"}, gossipLeader, network},
	{"discovery with each preference", []string{"connection 5"}, discovery, network},
	{"an idle connection may ping", []string{"connection 6"}, idlePings, idle},
	{"a message of megabytes is refused by name", []string{"connection 7", "append 3"}, hugeMessage, anywhere},
	{"without TLS everybody is let in", []string{"connection 8"}, openDoor, insecureOnly},
	{"a leader may be required", []string{"connection 9"}, requiresLeader, anywhere},
	{"a deadline of centuries", []string{"connection 10"}, longDeadline, anywhere},
}

const (
	streamsService = "event_store.client.streams.streams"
	groupsService  = "event_store.client.persistent_subscriptions.persistentsubscriptions"
)

func (s suite) methods() (version string, methods map[string]*serverfeatures.SupportedMethod) {
	s.Helper()
	supported, err := serverfeatures.NewServerFeaturesClient(s.conn()).GetSupportedMethods(s.ctx, &shared.Empty{})
	if err != nil {
		s.Fatal(err)
	}
	methods = map[string]*serverfeatures.SupportedMethod{}
	for _, m := range supported.GetMethods() {
		methods[m.GetServiceName()+"/"+m.GetMethodName()] = m
	}
	return supported.GetEventStoreServerVersion(), methods
}

func features(s suite) {
	version, methods := s.methods()
	parts := strings.Split(version, ".")
	for _, part := range parts {
		if _, err := strconv.Atoi(part); err != nil || len(parts) < 3 {
			s.Fatalf("version %q, want three numbers and dots", version)
		}
	}
	seen, err := s.client.GetServerVersion()
	if err != nil || fmt.Sprint(seen.Major) != parts[0] {
		s.Errorf("the client understands %+v, %v", seen, err)
	}
	for _, name := range []string{"append", "read", "delete", "tombstone"} {
		if methods[streamsService+"/"+name] == nil {
			s.Errorf("%s/%s is not advertised", streamsService, name)
		}
	}
	for _, name := range []string{"create", "update", "delete", "read", "getinfo", "replayparked", "list"} {
		kinds := methods[groupsService+"/"+name].GetFeatures()
		if !slices.Contains(kinds, "stream") || !slices.Contains(kinds, "all") {
			s.Errorf("%s/%s has the features %v, want stream and all", groupsService, name, kinds)
		}
	}
	if name := groupsService + "/restartsubsystem"; methods[name] == nil {
		s.Errorf("%s is not advertised", name)
	}
	for name := range methods {
		if name != strings.ToLower(name) {
			s.Errorf("%s is not in lower case", name)
		}
	}
}

func unadvertised(s suite) {
	_, methods := s.methods()
	call, err := streams.NewStreamsClient(s.conn()).BatchAppend(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	if err := call.CloseSend(); err != nil {
		s.Fatal(err)
	}
	_, err = call.Recv()
	answered := status.Code(err) != codes.Unimplemented
	if advertised := methods[streamsService+"/batchappend"] != nil; answered != advertised {
		s.Errorf("batchappend advertised: %v, answer: %v", advertised, err)
	}
}

func gossipLeader(s suite) {
	info, err := gossip.NewGossipClient(s.conn()).Read(s.ctx, &shared.Empty{})
	if err != nil {
		s.Fatal(err)
	}
	leaders := 0
	for _, m := range info.GetMembers() {
		if m.GetState() != gossip.MemberInfo_Leader {
			continue
		}
		leaders++
		end := m.GetHttpEndPoint()
		address := net.JoinHostPort(end.GetAddress(), fmt.Sprint(end.GetPort()))
		conn, err := (&net.Dialer{Timeout: patience}).DialContext(s.ctx, "tcp", address)
		if err != nil {
			s.Errorf("the leader's address: %v", err)
		} else {
			_ = conn.Close()
		}
		if !m.GetIsAlive() || m.GetInstanceId().GetValue() == nil {
			s.Errorf("the leader is %v", m)
		}
	}
	if leaders != 1 {
		s.Errorf("%d leaders among %v", leaders, info.GetMembers())
	}
}

func discovery(s suite) {
	_, rest, _ := strings.Cut(s.endpoint.target.URL, "://")
	for _, preference := range []string{"leader", "follower", "random", "readonlyreplica"} {
		separator := "?"
		if strings.Contains(rest, "?") {
			separator = "&"
		}
		client := Dial(s, "esdb+discover://"+rest+separator+"nodePreference="+preference)
		_, err := client.AppendToStream(s.ctx, s.stream(preference), esdb.AppendToStreamOptions{}, event("a"))
		if err != nil {
			s.Errorf("%s: %v", preference, err)
		}
	}
}

// pinging keeps a connection without calls and pings on it.
type pinging struct {
	ended chan struct{}
	err   error // read after ended
}

// pings are as many, and as far apart, that a server which takes them for an
// offence says so.
const (
	pings       = 4
	pingsAreDue = 5100 * time.Millisecond
)

func (e *endpoint) startPinging(ctx context.Context) *pinging {
	p := &pinging{ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = e.ping(ctx)
	}()
	return p
}

func (e *endpoint) ping(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	if e.tls != nil {
		config := e.tls.Clone()
		config.NextProtos = []string{http2.NextProtoTLS}
		config.ServerName, _, _ = net.SplitHostPort(e.address)
		conn = tls.Client(conn, config)
	}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		return err
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	for n := range byte(pings) {
		if err := onePing(framer, n); err != nil {
			return fmt.Errorf("ping %d: %w", n, err)
		}
		select {
		case <-time.After(pingsAreDue):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return onePing(framer, pings)
}

// onePing sends a ping and waits for its answer.
func onePing(framer *http2.Framer, n byte) error {
	if err := framer.WritePing(false, [8]byte{n}); err != nil {
		return err
	}
	for {
		f, err := framer.ReadFrame()
		if err != nil {
			return err
		}
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			return fmt.Errorf("the server goes away: %s %s", f.ErrCode, f.DebugData())
		case *http2.PingFrame:
			if f.IsAck() && f.Data == [8]byte{n} {
				return nil
			}
		}
	}
}

func idlePings(s suite) {
	select {
	case <-s.endpoint.pinging.ended:
		if s.endpoint.pinging.err != nil {
			s.Error(s.endpoint.pinging.err)
		}
	case <-s.ctx.Done():
		s.Error("the pings are not over")
	}
}

func hugeMessage(s suite) {
	a := s.send(s.conn(), options(s.stream("huge")), proposed(make([]byte, 15<<20)))
	s.wantStatus(a, codes.InvalidArgument)
	s.wantTrailers(a, "exception=maximum-append-size-exceeded")
	s.wantNotFound(s.stream("huge"))
}

func openDoor(s suite) {
	for _, login := range []string{"", "nobody"} {
		client := s.as(login, "wrong")
		if _, err := client.AppendToStream(s.ctx, s.stream("a"), esdb.AppendToStreamOptions{}, event("a")); err != nil {
			s.Errorf("as %q: %v", login, err)
		}
	}
	o := esdb.AppendToStreamOptions{Authenticated: &esdb.Credentials{Login: "nobody", Password: "wrong"}}
	if _, err := s.client.AppendToStream(s.ctx, s.stream("a"), o, event("a")); err != nil {
		s.Error("with a login of its own:", err)
	}
}

func requiresLeader(s suite) {
	s.ctx = metadata.AppendToOutgoingContext(s.ctx, "requires-leader", "true")
	a := s.send(s.conn(), options(s.stream("led")), proposed([]byte("1")))
	s.wantStatus(a, codes.OK)
}

func longDeadline(s suite) {
	s.write(s.stream("long"), "a")
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(math.MaxInt64))
	defer cancel()
	call, err := streams.NewStreamsClient(s.conn()).Read(ctx, &streams.ReadReq{Options: subscription(ofStream(s.stream("long")))})
	if err != nil {
		s.Fatal(err)
	}
	for range 3 { // confirmation, event, caught-up
		if _, err := call.Recv(); err != nil {
			s.Fatal(err)
		}
	}
}
