package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
)

// BenchmarkAppendBesideSubscriptions appends to one stream while so many
// subscriptions wait for others, half to a stream of their own and half to
// $all with a filter that takes nothing.
func BenchmarkAppendBesideSubscriptions(b *testing.B) {
	for _, n := range []int{0, 300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			conn := start(b)
			for i := range n {
				waitBeside(b, conn, fmt.Sprintf("waiting-%d-", i), i%2 == 0)
			}
			kib := func(m *streams.AppendReq_ProposedMessage) { m.Data = []byte(strings.Repeat("x", 1024)) }
			for b.Loop() {
				call, err := streams.NewStreamsClient(conn).Append(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if err := call.Send(appendOptions("busy")); err != nil {
					b.Fatal(err)
				}
				if err := call.Send(proposed(kib)); err != nil {
					b.Fatal(err)
				}
				if _, err := call.CloseAndRecv(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// waitBeside opens a subscription and waits until it has caught up.
func waitBeside(b *testing.B, conn *grpc.ClientConn, stream string, all bool) {
	b.Helper()
	o := &streams.ReadReq_Options{
		CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
		UuidOption:  &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{}},
	}
	if all {
		o.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}}
		o.FilterOption = &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
			Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
				StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{stream}},
			},
			Window: &streams.ReadReq_Options_FilterOptions_Max{Max: 1000}, CheckpointIntervalMultiplier: 1000,
		}}
	} else {
		o.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: identifier(stream),
			RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}}
	}
	call, err := streams.NewStreamsClient(conn).Read(b.Context(), &streams.ReadReq{Options: o})
	if err != nil {
		b.Fatal(err)
	}
	for {
		m, err := call.Recv()
		if err != nil {
			b.Fatal(err)
		}
		if m.GetCaughtUp() != nil {
			return
		}
	}
}
