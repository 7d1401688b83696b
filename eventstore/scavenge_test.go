package eventstore_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/eventstore"
)

// large are events of a hundred kilobytes: ten fill the first file of a log.
func large(t *testing.T, client *esdb.Client, stream string, count int) {
	t.Helper()
	for n := range count {
		_, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}},
			event(fmt.Sprintf(`"%s %d %s"`, stream, n, strings.Repeat("x", 100<<10))))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// names lists what a read returns, as "stream/revision", until it ends.
func names(t *testing.T, r *esdb.ReadStream, err error) (out []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		e, err := r.Recv()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		name := nameOf(e.OriginalEvent())
		if e.Link != nil && e.Event == nil {
			name += " leads nowhere"
		}
		out = append(out, name)
	}
}

func nameOf(e *esdb.RecordedEvent) string { return fmt.Sprintf("%s/%d", e.StreamID, e.EventNumber) }

// scavengeable is a store with a stream that hides most of its events, one
// that is gone, one that stays, and links into them.
func scavengeable(t *testing.T) (*eventstore.Store, *esdb.Client) {
	t.Helper()
	store, client := serve(t, eventstore.Options{Dir: t.TempDir()})
	large(t, client, "short", 8)
	large(t, client, "gone", 3)
	large(t, client, "kept", 2)
	for _, link := range []string{"0@short", "7@short", "1@gone", "1@kept"} {
		e := event(link)
		e.EventType, e.ContentType = "$>", esdb.ContentTypeBinary
		if _, err := client.AppendToStream(t.Context(), "links", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, e); err != nil {
			t.Fatal(err)
		}
	}
	var m esdb.StreamMetadata
	m.SetMaxCount(2)
	if _, err := client.SetStreamMetadata(t.Context(), "short", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteStream(t.Context(), "gone", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	large(t, client, "filler", 20) // so that those files are full
	return store, client
}

func TestClientsSeeAScavengeInAllOnly(t *testing.T) {
	store, client := scavengeable(t)
	look := func() (streams, all []string) {
		for _, stream := range []string{"short", "kept", "links", "filler"} {
			for _, direction := range []esdb.ReadStreamOptions{{From: esdb.Start{}}, {From: esdb.End{}, Direction: esdb.Backwards}} {
				direction.ResolveLinkTos = true
				r, err := client.ReadStream(t.Context(), stream, direction, 100)
				streams = append(streams, names(t, r, err)...)
			}
		}
		r, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1000)
		all = names(t, r, err)
		r, err = client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1000)
		backwards := names(t, r, err)
		slices.Reverse(backwards)
		if !slices.Equal(all, backwards) {
			t.Errorf("$all is %v, and backwards %v", all, backwards)
		}
		return streams, all
	}
	streams, all := look()
	done, err := store.Scavenge(t.Context(), eventstore.ScavengeOptions{})
	if err != nil || done.Events != 6+2 {
		t.Fatalf("%+v, %v", done, err)
	}
	streamsAfter, allAfter := look()
	if !slices.Equal(streams, streamsAfter) {
		t.Errorf("streams read %v, before %v", streamsAfter, streams)
	}
	gone := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(allAfter, name) })
	if want := "[short/0 short/1 short/2 short/3 short/4 short/5 gone/0 gone/1]"; fmt.Sprint(gone) != want || len(all) != len(allAfter)+8 {
		t.Errorf("$all lacks %v, want %s", gone, want)
	}
	large(t, client, "gone", 1)
	r, err := client.ReadStream(t.Context(), "gone", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if got := fmt.Sprint(names(t, r, err)); got != "[gone/3]" {
		t.Errorf("the deleted stream goes on with %s", got)
	}
}

// TestCheckpointsOutliveAScavenge subscribes after positions that are gone by then.
func TestCheckpointsOutliveAScavenge(t *testing.T) {
	store, client := scavengeable(t)
	r, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1000)
	all := names(t, r, err)
	group, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}}) // is in the middle meanwhile
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	if got := nextName(t, group); got != "short/0" {
		t.Errorf("a subscription begins with %s", got)
	}
	if _, err := store.Scavenge(t.Context(), eventstore.ScavengeOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err = client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1000)
	left := names(t, r, err)
	for position := range uint64(len(all)) {
		sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{
			From: esdb.Position{Commit: position, Prepare: position}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Regex: `^[^$]`},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := all[position:]
		for !slices.Contains(left, want[0]) || strings.HasPrefix(want[0], "$") {
			want = want[1:]
		}
		if got := nextName(t, sub); got != want[0] {
			t.Errorf("after position %d comes %s, want %s", position, got, want[0])
		}
		if err := sub.Close(); err != nil {
			t.Error(err)
		}
	}
	last := ""
	for last != all[len(all)-1] {
		last = nextName(t, group)
	}
}

func nextName(t *testing.T, sub *esdb.Subscription) string {
	t.Helper()
	for {
		m := sub.Recv()
		if m.SubscriptionDropped != nil {
			t.Fatal(m.SubscriptionDropped.Error)
		}
		if m.EventAppeared != nil {
			return nameOf(m.EventAppeared.OriginalEvent())
		}
	}
}

// TestAGroupGoesOnAfterAScavenge: what hid events from it has removed them.
func TestAGroupGoesOnAfterAScavenge(t *testing.T) {
	store, client := scavengeable(t)
	for _, stream := range []string{"short", "gone", "kept"} {
		err := client.CreatePersistentSubscription(t.Context(), stream, "g", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Scavenge(t.Context(), eventstore.ScavengeOptions{}); err != nil {
		t.Fatal(err)
	}
	large(t, client, "gone", 1)
	for stream, want := range map[string][]string{"short": {"short/6", "short/7"}, "gone": {"gone/3"}, "kept": {"kept/0", "kept/1"}} {
		sub, err := client.SubscribeToPersistentSubscription(t.Context(), stream, "g", esdb.SubscribeToPersistentSubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range want {
			m := sub.Recv()
			if m.EventAppeared == nil || nameOf(m.EventAppeared.Event.OriginalEvent()) != name {
				t.Fatalf("the group gets %+v, want %s", m, name)
			}
			if err := sub.Ack(m.EventAppeared.Event); err != nil {
				t.Error(err)
			}
		}
		if err := sub.Close(); err != nil {
			t.Error(err)
		}
	}
}
