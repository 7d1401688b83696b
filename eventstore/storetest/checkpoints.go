package storetest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

var checkpointTests = []test{
	{"checkpoints while catching up and live", []string{"subscription 3"}, checkpoints, anywhere},
	{"a checkpoint for every interval considered", []string{"subscription 3"}, checkpointInterval, anywhere},
	{"no checkpoints without a filter", []string{"subscription 3"}, unfiltered, anywhere},
	{"filters", []string{"read 10"}, filters, anywhere},
	{"a subscriber misses nothing under load", []string{"subscription 2"}, nothingMissed, anywhere},
}

// checkpoints writes 20 events of which every fourth passes the filter.
func checkpoints(s suite) {
	mine := s.stream("mine")
	write := func() (last uint64) {
		for n := range 5 {
			s.append(s.stream("other"), esdb.Any{}, named("x", "y", "z")...)
			last = s.append(mine, esdb.Any{}, event(fmt.Sprint(n))).CommitPosition
		}
		return last
	}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	last := write()
	o := s.subscribeAll(esdb.SubscribeToAllOptions{
		From:            esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition},
		Filter:          &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{mine}},
		MaxSearchWindow: 2, CheckpointInterval: 2, // one for every four events considered
	})
	at := before.CommitPosition
	for _, phase := range []string{"catching up", "live"} {
		seen, reached := 0, 0
		for at < last || seen < 5 {
			e := o.next()
			switch {
			case e.SubscriptionDropped != nil:
				s.Fatal("dropped:", e.SubscriptionDropped.Error)
			case e.EventAppeared != nil:
				seen++
			case e.CheckPointReached != nil:
				if e.CheckPointReached.Commit <= at {
					s.Fatalf("%s: checkpoint %d after %d", phase, e.CheckPointReached.Commit, at)
				}
				at = e.CheckPointReached.Commit
				reached++
			}
		}
		if reached < 3 {
			s.Errorf("%s: %d checkpoints for 20 events", phase, reached)
		}
		if phase == "catching up" {
			for o.next().CaughtUp == nil {
				continue
			}
			last = write()
		}
	}
}

// nothingMissed subscribes at several moments while eight writers write, and
// wants every event once and in order.
func nothingMissed(s suite) {
	const writers, each = 8, 100
	filter := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{s.prefix}}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	from := esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if _, err := s.try(s.stream(fmt.Sprint(w)), esdb.Any{}, event(fmt.Sprint(n))); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		o := s.subscribeAll(esdb.SubscribeToAllOptions{From: from, Filter: filter})
		next, last := map[string]uint64{}, from.Commit
		for seen := 0; seen < writers*each; {
			e := o.next()
			if e.SubscriptionDropped != nil {
				s.Fatal("dropped:", e.SubscriptionDropped.Error)
			}
			if e.EventAppeared == nil {
				continue
			}
			got := e.EventAppeared.Event
			if got.EventNumber != next[got.StreamID] || got.Position.Commit <= last {
				s.Fatalf("%s/%d at %d comes after %d, want revision %d", got.StreamID, got.EventNumber, got.Position.Commit, last, next[got.StreamID])
			}
			next[got.StreamID]++
			last = got.Position.Commit
			seen++
		}
	}
	wg.Wait()
}

func filters(s suite) {
	kind := "T" + s.prefix
	write := func(stream, suffix, name string) {
		e := event(name)
		e.EventType = kind + suffix
		s.append(s.stream(stream), esdb.Any{}, e)
	}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	write("apple-1", "Red", "a")
	write("plum-1", "Blue", "b")
	write("apple-2", "Blue", "c")
	write("pear-1", "Green", "d")
	const byType, byStream = esdb.EventFilterType, esdb.StreamFilterType
	for _, r := range []struct {
		name   string
		filter esdb.SubscriptionFilter
		want   []string
	}{
		{"one stream prefix", esdb.SubscriptionFilter{Type: byStream, Prefixes: []string{s.stream("apple")}}, []string{"a", "c"}},
		{"two stream prefixes", esdb.SubscriptionFilter{Type: byStream, Prefixes: []string{s.stream("plum"), s.stream("pear")}}, []string{"b", "d"}},
		{"stream expression", esdb.SubscriptionFilter{Type: byStream, Regex: s.prefix + "-(apple|pear)-1$"}, []string{"a", "d"}},
		{"type prefix", esdb.SubscriptionFilter{Type: byType, Prefixes: []string{kind + "Blue"}}, []string{"b", "c"}},
		{"type expression finds anywhere", esdb.SubscriptionFilter{Type: byType, Regex: s.prefix + "(Red|Green)"}, []string{"a", "d"}},
		{"look-ahead", esdb.SubscriptionFilter{Type: byStream, Regex: "^(?!" + s.prefix + "-apple)" + s.prefix + "-p"}, []string{"b", "d"}},
	} {
		o := s.subscribeAll(esdb.SubscribeToAllOptions{
			From: esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition}, Filter: &r.filter,
		})
		var got []string
		for e := o.next(); e.CaughtUp == nil; e = o.next() {
			if e.SubscriptionDropped != nil {
				s.Fatalf("%s: %v", r.name, e.SubscriptionDropped.Error)
			}
			if e.EventAppeared != nil {
				got = append(got, strings.Trim(string(e.EventAppeared.Event.Data), `"`))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(r.want) {
			s.Errorf("%s: %v, want %v", r.name, got, r.want)
		}
		_ = o.sub.Close()
	}
}

// checkpointInterval asks for a checkpoint after every four events considered,
// and writes nine that do not pass, while it catches up.
func checkpointInterval(s suite) {
	conn := s.conn()
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	for n := range 9 {
		s.append(s.stream("other"), esdb.Any{}, event(fmt.Sprint(n)))
	}
	last := s.append(s.stream("mine"), esdb.NoStream{}, event("mine"))
	o := subscription(ofAll(before.CommitPosition, before.PreparePosition))
	o.FilterOption = &streams.ReadReq_Options_Filter{Filter: byStream(s.stream("mine"))}
	a := s.ask(conn, o, func(m *streams.ReadResp) bool { return m.GetCaughtUp() != nil })
	at, reached := before.CommitPosition, 0
	for _, m := range a.read {
		c := m.GetCheckpoint()
		if c == nil {
			continue
		}
		reached++
		if c.GetCommitPosition() <= at || c.GetCommitPosition() != c.GetPreparePosition() {
			s.Errorf("checkpoint %v after %d", c, at)
		}
		at = c.GetCommitPosition()
	}
	if a.err != nil || reached < 3 || at < last.CommitPosition {
		s.Errorf("%d checkpoints up to %d for 10 events up to %d, %v", reached, at, last.CommitPosition, a.err)
	}
	kinds := fmt.Sprintf("%T", a.read[len(a.read)-2].GetContent())
	if kinds != "*streams.ReadResp_Checkpoint_" {
		s.Errorf("before caught-up comes %s, want a checkpoint", kinds)
	}
}

func unfiltered(s suite) {
	conn := s.conn()
	before := s.append(s.stream("a"), esdb.NoStream{}, event("a"))
	for range 4 {
		s.append(s.stream("a"), esdb.Any{}, event("x"))
	}
	a := s.ask(conn, subscription(ofAll(before.CommitPosition, before.PreparePosition)), func(m *streams.ReadResp) bool { return m.GetCaughtUp() != nil })
	for _, m := range a.read {
		if m.GetCheckpoint() != nil {
			s.Error("a checkpoint without a filter")
		}
	}
	if a.err != nil || len(a.read) < 6 {
		s.Errorf("%d messages, %v", len(a.read), a.err)
	}
}
