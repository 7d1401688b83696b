package server

import (
	"context"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"

	"shiyang/eventstore/access"
	"shiyang/eventstore/consumer"
	"shiyang/eventstore/reading"
)

// groups implements the service PersistentSubscriptions.
type groups struct {
	persistent.UnimplementedPersistentSubscriptionsServer

	guard  guard
	groups *consumer.Groups
}

// Create makes a group.
func (g groups) Create(ctx context.Context, req *persistent.CreateReq) (*persistent.CreateResp, error) {
	o := req.GetOptions()
	if err := g.guard.operate(ctx); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	key := consumer.Key{Stream: consumer.All, Group: o.GetGroupName()}
	var start consumer.Start
	var filter *reading.Expression
	var err error
	switch source := o.GetStreamOption().(type) {
	case *persistent.CreateReq_Options_All:
		start, err = startAll(source.All)
		if f := source.All.GetFilter(); f != nil {
			filter = new(expressionOf(f.GetEventType(), f.GetStreamIdentifier()))
			if _, wrong := reading.NewFilter(*filter); wrong != nil {
				err = invalid("%v", wrong)
			}
		}
	case *persistent.CreateReq_Options_Stream:
		key.Stream = string(source.Stream.GetStreamIdentifier().GetStreamName())
		start, err = startStream(source.Stream)
	default:
		key.Stream, start, err = olderSource(o, o.GetSettings())
	}
	if err != nil {
		return nil, err
	}
	strategy := o.GetSettings().GetConsumerStrategy()
	if strategy == "" {
		strategy = o.GetSettings().GetNamedConsumerStrategy().String() //nolint:staticcheck // the official client sends nothing else
	}
	settings := settingsOf(o.GetSettings(), strategy)
	err = g.groups.Create(key, start, filter, settings, userOf(ctx))
	return &persistent.CreateResp{}, toStatus(unaryTrailer(ctx), err)
}

// Update gives a group other settings.
func (g groups) Update(ctx context.Context, req *persistent.UpdateReq) (*persistent.UpdateResp, error) {
	o := req.GetOptions()
	if err := g.guard.operate(ctx); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	key := consumer.Key{Stream: consumer.All, Group: o.GetGroupName()}
	var start consumer.Start
	var err error
	switch source := o.GetStreamOption().(type) {
	case *persistent.UpdateReq_Options_All:
		start, err = startAll(source.All)
	case *persistent.UpdateReq_Options_Stream:
		key.Stream = string(source.Stream.GetStreamIdentifier().GetStreamName())
		start, err = startStream(source.Stream)
	default:
		key.Stream, start, err = olderSource(o, o.GetSettings())
	}
	if err != nil {
		return nil, err
	}
	settings := settingsOf(o.GetSettings(), o.GetSettings().GetNamedConsumerStrategy().String())
	err = g.groups.Update(key, start, settings, userOf(ctx))
	return &persistent.UpdateResp{}, toStatus(unaryTrailer(ctx), err)
}

// named and begun are what the older form of a request says of a group.
type (
	named interface {
		GetStreamIdentifier() *shared.StreamIdentifier
	}
	begun interface{ GetRevision() uint64 }
)

// olderSource reads the stream and the start of a group where clients before
// version 21 put them, and where the client for Node still does.
func olderSource(o named, s begun) (string, consumer.Start, error) {
	name := string(o.GetStreamIdentifier().GetStreamName())
	if name == "" {
		return "", consumer.Start{}, invalid("the stream is missing")
	}
	start, err := startAt(s.GetRevision() == math.MaxUint64, s.GetRevision())
	return name, start, err
}

// allStart is how requests say where a group of $all starts.
type allStart[P position] interface {
	GetPosition() P
	GetEnd() *shared.Empty
}

type position interface {
	comparable
	GetCommitPosition() uint64
	GetPreparePosition() uint64
}

func startAll[P position](o allStart[P]) (consumer.Start, error) {
	var none P
	if at := o.GetPosition(); at != none {
		if at.GetCommitPosition() != at.GetPreparePosition() {
			return consumer.Start{}, invalid("invalid position C:%d/P:%d: it is not of this store", at.GetCommitPosition(), at.GetPreparePosition())
		}
		return startAt(false, at.GetCommitPosition())
	}
	return startAt(o.GetEnd() != nil, 0)
}

// streamStart is how requests say where a group of a stream starts.
type streamStart interface {
	GetRevision() uint64
	GetEnd() *shared.Empty
}

func startStream(o streamStart) (consumer.Start, error) {
	return startAt(o.GetEnd() != nil, o.GetRevision())
}

func startAt(end bool, from uint64) (consumer.Start, error) {
	switch {
	case end:
		return consumer.Start{End: true}, nil
	case from > math.MaxInt64:
		return consumer.Start{}, invalid("the start %d is out of range", from)
	}
	return consumer.Start{From: int64(from)}, nil
}

// groupSettings is what requests to create and to update have in common.
type groupSettings interface {
	GetResolveLinks() bool
	GetExtraStatistics() bool
	GetMaxRetryCount() int32
	GetMinCheckpointCount() int32
	GetMaxCheckpointCount() int32
	GetMaxSubscriberCount() int32
	GetLiveBufferSize() int32
	GetReadBatchSize() int32
	GetHistoryBufferSize() int32
	GetMessageTimeoutTicks() int64
	GetMessageTimeoutMs() int32
	GetCheckpointAfterTicks() int64
	GetCheckpointAfterMs() int32
}

func settingsOf(s groupSettings, strategy string) consumer.Settings {
	return consumer.Settings{
		ResolveLinks:    s.GetResolveLinks(),
		ExtraStatistics: s.GetExtraStatistics(),
		MessageTimeout:  duration(s.GetMessageTimeoutTicks(), s.GetMessageTimeoutMs()),
		MaxRetries:      int(s.GetMaxRetryCount()),
		LiveBuffer:      int(s.GetLiveBufferSize()),
		HistoryBuffer:   int(s.GetHistoryBufferSize()),
		ReadBatch:       int(s.GetReadBatchSize()),
		CheckpointAfter: duration(s.GetCheckpointAfterTicks(), s.GetCheckpointAfterMs()),
		MinCheckpoint:   int(s.GetMinCheckpointCount()),
		MaxCheckpoint:   int(s.GetMaxCheckpointCount()),
		MaxSubscribers:  int(s.GetMaxSubscriberCount()),
		Strategy:        consumer.Strategy(strategy),
	}
}

// duration reads a time in ticks of 100 ns, or in milliseconds; a request has
// one of them. More than a day means a day.
func duration(ticks int64, ms int32) time.Duration {
	const day = 24 * time.Hour
	if ticks != 0 {
		return time.Duration(max(-1, min(ticks, int64(day/100)))) * 100
	}
	return min(time.Duration(ms)*time.Millisecond, day)
}

// source is how most requests name the stream of a group.
type source interface {
	GetStreamIdentifier() *shared.StreamIdentifier
	GetAll() *shared.Empty
	GetGroupName() string
}

func keyOf(o source) consumer.Key {
	if o.GetAll() != nil {
		return consumer.Key{Stream: consumer.All, Group: o.GetGroupName()}
	}
	return consumer.Key{Stream: string(o.GetStreamIdentifier().GetStreamName()), Group: o.GetGroupName()}
}

// Delete ends a group.
func (g groups) Delete(ctx context.Context, req *persistent.DeleteReq) (*persistent.DeleteResp, error) {
	err := g.guard.operate(ctx)
	if err == nil {
		err = g.groups.Delete(keyOf(req.GetOptions()), userOf(ctx))
	}
	return &persistent.DeleteResp{}, toStatus(unaryTrailer(ctx), err)
}

// ReplayParked sends parked events again.
func (g groups) ReplayParked(ctx context.Context, req *persistent.ReplayParkedReq) (*persistent.ReplayParkedResp, error) {
	o := req.GetOptions()
	stopAt := int64(-1)
	if _, limited := o.GetStopAtOption().(*persistent.ReplayParkedReq_Options_StopAt); limited {
		if stopAt = o.GetStopAt(); stopAt < 0 {
			return nil, invalid("replay up to revision %d: it must not be negative", stopAt)
		}
	}
	err := g.guard.operate(ctx)
	if err == nil {
		err = g.groups.ReplayParked(keyOf(o), stopAt)
	}
	return &persistent.ReplayParkedResp{}, toStatus(unaryTrailer(ctx), err)
}

// RestartSubsystem starts all groups anew.
func (g groups) RestartSubsystem(ctx context.Context, _ *shared.Empty) (*shared.Empty, error) {
	err := g.guard.operate(ctx)
	if err == nil {
		err = g.groups.Restart()
	}
	return &shared.Empty{}, toStatus(unaryTrailer(ctx), err)
}

// GetInfo tells how a group stands.
func (g groups) GetInfo(ctx context.Context, req *persistent.GetInfoReq) (*persistent.GetInfoResp, error) {
	if err := g.guard.signedIn(ctx); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	i, err := g.groups.Info(keyOf(req.GetOptions()))
	if err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	return &persistent.GetInfoResp{SubscriptionInfo: infoOf(i)}, nil
}

// List tells how all groups stand, or those of a stream.
func (g groups) List(ctx context.Context, req *persistent.ListReq) (*persistent.ListResp, error) {
	if err := g.guard.signedIn(ctx); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	stream := ""
	if o := req.GetOptions().GetListForStream(); o != nil {
		if stream = consumer.All; o.GetAll() == nil {
			stream = string(o.GetStream().GetStreamName())
		}
		if stream == "" {
			return nil, invalid("the stream name is missing")
		}
	}
	list, err := g.groups.List(stream)
	if err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	resp := &persistent.ListResp{}
	for _, i := range list {
		resp.Subscriptions = append(resp.Subscriptions, infoOf(i))
	}
	return resp, nil
}

// userOf names who calls, for the record.
func userOf(ctx context.Context) string { return access.CallerOf(ctx).Name }
