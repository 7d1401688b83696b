package kurrentdb_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/kurrent-io/KurrentDB-Client-Go/kurrentdb"
)

func TestGroupOfAStream(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	write(ctx, t, client, stream, kurrentdb.NoStream{}, "a", "b")
	create := func() error {
		return client.CreatePersistentSubscription(ctx, stream, "group", kurrentdb.PersistentStreamSubscriptionOptions{StartFrom: kurrentdb.Start{}})
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	if err := create(); code(err) != kurrentdb.ErrorCodeResourceAlreadyExists {
		t.Errorf("created twice: %v", err)
	}
	sub, err := client.SubscribeToPersistentSubscription(ctx, stream, "group", kurrentdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close() //nolint:errcheck // the test is over
	parked := next(t, sub, "a")
	if err := sub.Nack("no", kurrentdb.NackActionPark, parked); err != nil {
		t.Fatal(err)
	}
	if err := sub.Ack(next(t, sub, "b")); err != nil {
		t.Fatal(err)
	}
	for { // parking takes its time
		info, err := client.GetPersistentSubscriptionInfo(ctx, stream, "group", kurrentdb.GetPersistentSubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if info.Stats.ParkedMessagesCount == 1 {
			break
		}
	}
	if err := client.ReplayParkedMessages(ctx, stream, "group", kurrentdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := sub.Ack(next(t, sub, "a")); err != nil {
		t.Fatal(err)
	}
	groups, err := client.ListPersistentSubscriptionsForStream(ctx, stream, kurrentdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(groups) != 1 || groups[0].GroupName != "group" {
		t.Errorf("list: %+v, %v", groups, err)
	}
	if err := client.DeletePersistentSubscription(ctx, stream, "group", kurrentdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetPersistentSubscriptionInfo(ctx, stream, "group", kurrentdb.GetPersistentSubscriptionOptions{})
	if code(err) != kurrentdb.ErrorCodeResourceNotFound {
		t.Errorf("after the delete: %v", err)
	}
}

func TestGroupOfAll(t *testing.T) {
	ctx, client := dial(t)
	group := uuid.NewString()
	err := client.CreatePersistentSubscriptionToAll(ctx, group, kurrentdb.PersistentAllSubscriptionOptions{
		StartFrom: kurrentdb.End{},
		Filter:    &kurrentdb.SubscriptionFilter{Type: kurrentdb.StreamFilterType, Prefixes: []string{group}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := client.SubscribeToPersistentSubscriptionToAll(ctx, group, kurrentdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close() //nolint:errcheck // the test is over
	write(ctx, t, client, group+"-1", kurrentdb.NoStream{}, "a")
	if err := sub.Ack(next(t, sub, "a")); err != nil {
		t.Fatal(err)
	}
	if err := client.DeletePersistentSubscriptionToAll(ctx, group, kurrentdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
}

// next receives one event; the subscription's context bounds the wait.
func next(t *testing.T, sub *kurrentdb.PersistentSubscription, want string) *kurrentdb.ResolvedEvent {
	t.Helper()
	e := sub.Recv()
	if e.EventAppeared == nil {
		t.Fatalf("received %+v, want %s", e, want)
	}
	// A parked event comes again through the link that parked it.
	if got := strings.Trim(string(e.EventAppeared.Event.Event.Data), `"`); got != want {
		t.Fatalf("received %q, want %q", got, want)
	}
	return e.EventAppeared.Event
}
