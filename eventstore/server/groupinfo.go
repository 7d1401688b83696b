package server

import (
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"

	"shiyang/eventstore/consumer"
)

// infoOf puts the figures of a group into the protocol's form.
func infoOf(i consumer.Info) *persistent.SubscriptionInfo {
	all := i.Key.Stream == consumer.All
	status := "Behind"
	if i.Live {
		status = "Live"
	}
	start := i.Start.From
	if i.Start.End {
		start = -1
	}
	s := i.Settings
	out := &persistent.SubscriptionInfo{
		EventSource: i.Key.Stream, GroupName: i.Key.Group, Status: status,
		AveragePerSecond: int32(min(i.Progress.PerSecond, math.MaxInt32)), TotalItems: i.Progress.Total,
		CountSinceLastMeasurement:     i.Progress.Since,
		LastCheckpointedEventPosition: positionText(all, i.Checkpoint),
		LastKnownEventPosition:        positionText(all, i.Last),
		ResolveLinkTos:                s.ResolveLinks, StartFrom: consumer.Position(all, start),
		MessageTimeoutMilliseconds: int32(s.MessageTimeout.Milliseconds()), ExtraStatistics: s.ExtraStatistics,
		MaxRetryCount: int32(s.MaxRetries), LiveBufferSize: int32(s.LiveBuffer), BufferSize: int32(s.HistoryBuffer),
		ReadBatchSize: int32(s.ReadBatch), CheckPointAfterMilliseconds: int32(s.CheckpointAfter.Milliseconds()),
		MinCheckPointCount: int32(s.MinCheckpoint), MaxCheckPointCount: int32(s.MaxCheckpoint),
		ReadBufferCount: int32(i.Buffered), RetryBufferCount: int32(i.Retrying),
		TotalInFlightMessages: int32(i.InFlight), OutstandingMessagesCount: int32(i.Outstanding),
		NamedConsumerStrategy: string(s.Strategy), MaxSubscriberCount: int32(s.MaxSubscribers), ParkedMessageCount: i.Parked,
	}
	if i.Live {
		out.LiveBufferCount = int64(i.Buffered)
	}
	for _, c := range i.Clients {
		out.Connections = append(out.Connections, &persistent.SubscriptionInfo_ConnectionInfo{
			From: c.From, Username: c.User, ConnectionName: c.Name,
			AverageItemsPerSecond: int32(min(c.Progress.PerSecond, math.MaxInt32)), TotalItems: c.Progress.Total,
			CountSinceLastMeasurement: c.Progress.Since, AvailableSlots: int32(c.Free), InFlightMessages: int32(c.InFlight),
			ObservedMeasurements: measurements(c.Latencies),
		})
	}
	return out
}

// positionText is empty for none.
func positionText(all bool, at int64) string {
	if at < 0 {
		return ""
	}
	return consumer.Position(all, at)
}

// measurements are the names and parts of the latencies that EventStoreDB tells.
var parts = []struct {
	name string
	part float64
}{
	{"Fastest", 0},
	{"Quintile 1", 0.2},
	{"Quintile 2", 0.4},
	{"Median", 0.5},
	{"Quintile 3", 0.6},
	{"Quintile 4", 0.8},
	{"Quintile 5", 1},
	{"90%", 0.9},
	{"95%", 0.95},
	{"99%", 0.99},
	{"99.5%", 0.995},
	{"99.9%", 0.999},
}

// measurements tells latencies in milliseconds; sorted are in ascending order.
func measurements(sorted []time.Duration) []*persistent.SubscriptionInfo_Measurement {
	if len(sorted) == 0 {
		return nil
	}
	var sum time.Duration
	for _, d := range sorted {
		sum += d
	}
	out := []*persistent.SubscriptionInfo_Measurement{{Key: "Mean", Value: (sum / time.Duration(len(sorted))).Milliseconds()}}
	for _, p := range parts {
		at := int(p.part * float64(len(sorted)-1))
		out = append(out, &persistent.SubscriptionInfo_Measurement{Key: p.name, Value: sorted[at].Milliseconds()})
	}
	return out
}
