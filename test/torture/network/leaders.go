package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec used below
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"shiyang/test/torture/load"
	"shiyang/test/torture/program"
	"shiyang/test/torture/supervised"
	"shiyang/test/torture/trial"
)

// cluster pretends that one store is three nodes: three listeners that pass
// every call on to it, answer gossip with who leads, and refuse writes on the
// two that do not, naming the leader as the real ones do.
type cluster struct {
	store   *grpc.ClientConn
	nodes   []*member
	leader  atomic.Int64
	refused atomic.Int64 // writes sent to a follower
}

// member is one pretended node.
type member struct {
	gossip.UnimplementedGossipServer
	cluster *cluster
	number  int64
	host    string
	port    uint32
	server  *grpc.Server
}

// raw is a message that is passed on without a look into it.
type raw struct{ data mem.BufferSlice }

// passing is a codec that passes raw messages on and leaves the rest to protobuf.
type passing struct{}

// Name is protobuf's: raw messages are protobuf on the wire.
func (passing) Name() string { return "proto" }

// Marshal passes a raw message on.
func (passing) Marshal(v any) (mem.BufferSlice, error) {
	if r, ok := v.(*raw); ok {
		return r.data, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal keeps the bytes of a raw message; their buffers are the caller's
// only until it returns.
func (passing) Unmarshal(data mem.BufferSlice, v any) error {
	if r, ok := v.(*raw); ok {
		r.data = mem.BufferSlice{mem.SliceBuffer(data.Materialize())} //nolint:misspell // the name of a method
		return nil
	}
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

func newCluster(ctx context.Context, upstream string) (*cluster, error) {
	conn, err := grpc.NewClient(upstream, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(passing{}), grpc.MaxCallRecvMsgSize(17<<20)))
	if err != nil {
		return nil, err
	}
	c := &cluster{store: conn}
	for n := range 3 {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		host, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, err
		}
		m := &member{cluster: c, number: int64(n), host: host, port: uint32(number)}
		m.server = grpc.NewServer(grpc.ForceServerCodecV2(passing{}), grpc.UnknownServiceHandler(m.pass), grpc.MaxRecvMsgSize(17<<20),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
		gossip.RegisterGossipServer(m.server, m)
		c.nodes = append(c.nodes, m)
		go m.server.Serve(listener) //nolint:errcheck // ends with Stop
	}
	return c, nil
}

// URL is where a client discovers the cluster.
func (c *cluster) URL() string {
	hosts := make([]string, len(c.nodes))
	for i, m := range c.nodes {
		hosts[i] = fmt.Sprintf("%s:%d", m.host, m.port)
	}
	return "esdb://" + strings.Join(hosts, ",") + "?tls=false&gossipTimeout=2"
}

func (c *cluster) close() error {
	for _, m := range c.nodes {
		m.server.Stop()
	}
	return c.store.Close()
}

// Read answers gossip.
func (m *member) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	info := &gossip.ClusterInfo{}
	for _, n := range m.cluster.nodes {
		state := gossip.MemberInfo_Follower
		if n.number == m.cluster.leader.Load() {
			state = gossip.MemberInfo_Leader
		}
		info.Members = append(info.Members, &gossip.MemberInfo{
			InstanceId: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{LeastSignificantBits: n.number + 1}}},
			TimeStamp:  time.Now().UnixNano() / 100, State: state, IsAlive: true,
			HttpEndPoint: &gossip.EndPoint{Address: n.host, Port: n.port},
		})
	}
	return info, nil
}

// pass passes a call on to the store, or refuses it.
func (m *member) pass(_ any, in grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(in)
	leader := m.cluster.nodes[m.cluster.leader.Load()]
	if leader != m && strings.HasSuffix(method, "/Append") {
		for in.RecvMsg(&raw{}) == nil { // what the client still sends, before it is refused
			continue
		}
		m.cluster.refused.Add(1)
		in.SetTrailer(metadata.Pairs("exception", "not-leader",
			"leader-endpoint-host", leader.host, "leader-endpoint-port", strconv.Itoa(int(leader.port))))
		return status.Error(codes.NotFound, "leader info available")
	}
	ctx, cancel := context.WithCancel(in.Context())
	defer cancel()
	out, err := m.cluster.store.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	go func() {
		for {
			var message raw
			if in.RecvMsg(&message) != nil {
				_ = out.CloseSend() // always nil
				return
			}
			if out.SendMsg(&message) != nil {
				return // its reason comes by RecvMsg below
			}
		}
	}()
	for {
		var message raw
		if err := out.RecvMsg(&message); err != nil {
			in.SetTrailer(out.Trailer())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := in.SendMsg(&message); err != nil {
			return err
		}
	}
}

// Leaders is scenario R9: the leader of a pretended cluster changes while
// clients write; they follow it.
func Leaders(ctx context.Context, t *trial.Trial) error {
	before := Goroutines()
	store, err := program.StartStore(ctx, t.Program, t.Dir+"/data", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer store.End(syscall.SIGKILL) //nolint:errcheck // gone already, unless something failed
	c, err := newCluster(ctx, store.Address)
	if err != nil {
		return err
	}
	o, err := newOracle(t)
	if err != nil {
		return err
	}
	client, err := supervised.Dial(ctx, t, o, c.URL(), 5*time.Second)
	if err != nil {
		return err
	}
	fleet := load.NewFleet(writers, o, "facility-leader", t.Fork)
	fleet.Exact, fleet.Size = true, 300
	working, stop := context.WithCancel(ctx)
	defer stop()
	var done sync.WaitGroup
	done.Go(func() { fleet.Persist(working, client, func(error) {}) })
	for n := range t.Count {
		c.leader.Store((c.leader.Load() + 1 + int64(t.Random.IntN(2))) % 3)
		began, enough := time.Now(), o.Acked()+20+t.Random.IntN(40)
		if err := until(ctx, "the client follows the leader", func() bool { return o.Acked() >= enough }); err != nil {
			t.Fault("change %d: %v (client: %v, %+v)", n+1, err, client.Ready(), client.Stats())
			break
		}
		t.Measure("20 to 60 answers after a change", time.Since(began))
		t.Progress(n + 1)
	}
	stop()
	done.Wait()
	t.Add("not-leader answers", int(c.refused.Load()))
	err = finish(ctx, t, fleet, client, store.Address)
	err = errors.Join(err, client.Close(), c.close(), store.End(syscall.SIGTERM), o.Close())
	settled(ctx, t, before)
	return err
}
