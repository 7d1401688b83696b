package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// official is a server behind the official client, as one application uses it:
// one client, one connection.
type official struct {
	client  *esdb.Client
	streams atomic.Int64
}

func (o *official) connect(url string) error {
	config, err := esdb.ParseConnectionString(url)
	if err != nil {
		return err
	}
	config.Logger = func(string, string, ...any) {} // standard output is for the figures
	o.client, err = esdb.NewClient(config)
	return err
}

// Writer returns a writer whose every append names its exact expected revision.
func (o *official) Writer() Writer {
	var stream string
	appends, next := 0, uint64(0)
	return func(ctx context.Context, events int) error {
		var expected esdb.ExpectedRevision = esdb.NoStream{}
		if appends%streamAppends == 0 {
			stream, next = fmt.Sprintf("bench-%d", o.streams.Add(1)), 0
		} else {
			expected = esdb.Revision(next - 1)
		}
		_, err := o.client.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, proposals(appends, events)...)
		appends++
		next += uint64(events)
		return err
	}
}

func proposals(from, events int) []esdb.EventData {
	list := make([]esdb.EventData, events)
	for i := range list {
		list[i] = esdb.EventData{EventType: "Measured", ContentType: esdb.ContentTypeJson, Data: Payload(from + i)}
	}
	return list
}

// LongStream is the name of the stream that FillStream fills.
const LongStream = "long"

// FillStream appends so many events to one stream.
func (o *official) FillStream(ctx context.Context, events int) error {
	const each = 500
	var expected esdb.ExpectedRevision = esdb.NoStream{}
	for n := 0; n < events; n += each {
		if n > 0 {
			expected = esdb.Revision(uint64(n) - 1)
		}
		if _, err := o.client.AppendToStream(ctx, LongStream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, proposals(n, min(each, events-n))...); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

// FillEvents is the length of the streams that Fill makes.
const FillEvents = 20

// FillStreamName is the name of one of the streams that Fill makes, by its number from 1.
func FillStreamName(i int) string { return fmt.Sprintf("fill-%d", i) }

// Fill appends so many events to a store that has not been filled yet, in
// streams of FillEvents, with several writers.
func (o *official) Fill(ctx context.Context, events int) error {
	const writers = 8
	failed := make(chan error, writers)
	var left atomic.Int64
	left.Store(int64(events / FillEvents))
	for range writers {
		go func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}
				if _, err := o.client.AppendToStream(ctx, FillStreamName(int(i)+1), options, proposals(0, FillEvents)...); err != nil {
					failed <- fmt.Errorf("fill: %w", err)
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range writers {
		err = errors.Join(err, <-failed)
	}
	return err
}

// ReadAll reads so many events of the whole log and returns how many came.
func (o *official) ReadAll(ctx context.Context, from esdb.AllPosition, events int) (int, error) {
	stream, err := o.client.ReadAll(ctx, esdb.ReadAllOptions{From: from}, uint64(events))
	if err != nil {
		return 0, err
	}
	return drain(stream)
}

// ReadStream reads so many events of one stream and returns how many came.
func (o *official) ReadStream(ctx context.Context, name string, events int) (int, error) {
	stream, err := o.client.ReadStream(ctx, name, esdb.ReadStreamOptions{From: esdb.Start{}}, uint64(events))
	if err != nil {
		return 0, err
	}
	return drain(stream)
}

func drain(stream *esdb.ReadStream) (int, error) {
	defer stream.Close()
	for n := 0; ; n++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

// Subscribe catches up with so many events from the start of the log.
func (o *official) Subscribe(ctx context.Context, events int) (int, error) {
	subscription, err := o.client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		return 0, err
	}
	defer subscription.Close() //nolint:errcheck // it is only a reader
	for n := 0; n < events; {
		event := subscription.Recv()
		if event.SubscriptionDropped != nil {
			return n, event.SubscriptionDropped.Error
		}
		if event.EventAppeared != nil {
			n++
		}
	}
	return events, nil
}
