package server

import (
	"context"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// protocolVersion is the EventStoreDB version whose protocol this server
// speaks. Clients parse its three numbers and choose by them.
const protocolVersion = "24.10.0"

// features tells clients what they may use; it is their first call on every connection.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

// GetSupportedMethods lists the calls that this server answers, in lower case
// as clients compare them.
func (features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	methods := &serverfeatures.SupportedMethods{EventStoreServerVersion: protocolVersion}
	for _, name := range []string{"append", "read", "delete", "tombstone"} {
		methods.Methods = append(methods.Methods, &serverfeatures.SupportedMethod{
			ServiceName: "event_store.client.streams.streams", MethodName: name,
		})
	}
	for _, name := range []string{"create", "update", "delete", "read", "getinfo", "replayparked", "list", "restartsubsystem"} {
		m := &serverfeatures.SupportedMethod{
			ServiceName: "event_store.client.persistent_subscriptions.persistentsubscriptions", MethodName: name,
		}
		if name != "restartsubsystem" { // without these the client for Node asks over HTTP
			m.Features = []string{"stream", "all"}
		}
		methods.Methods = append(methods.Methods, m)
	}
	return methods, nil
}

// member is the only member of this cluster.
type member struct {
	gossip.UnimplementedGossipServer
	opts Options
	id   string
}

// Read tells clients that discover a cluster that this server leads it.
func (m *member) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	host, port, err := m.address(ctx)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(m.id)
	if err != nil {
		return nil, status.Error(codes.Internal, "the store id is malformed")
	}
	most, least := uuidHalves(id)
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: most, LeastSignificantBits: least,
		}}},
		TimeStamp:    m.opts.Now().UnixNano() / 100,
		State:        gossip.MemberInfo_Leader,
		IsAlive:      true,
		HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
	}}}, nil
}

func (m *member) address(ctx context.Context) (string, uint32, error) {
	address := m.opts.Advertise
	if p, ok := peer.FromContext(ctx); address == "" && ok && p.LocalAddr != nil && p.LocalAddr.Network() == "tcp" {
		address = p.LocalAddr.String()
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, status.Error(codes.FailedPrecondition, "this server has no network address to tell; connect without discovery")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", 0, status.Errorf(codes.FailedPrecondition, "the advertised port %q is not a number", port)
	}
	return host, uint32(n), nil
}
