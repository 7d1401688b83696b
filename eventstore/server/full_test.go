package server_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/eventstore/server"
)

// TestAFullDisk: writes are refused as such, reading goes on, and what a group
// was told meanwhile is not forgotten.
func TestAFullDisk(t *testing.T) {
	var full atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt:
			if full.Load() {
				return syscall.ENOSPC
			}
		default:
		}
		return nil
	}))
	p := newPlaceOn(t, fs, server.Options{})
	p.write("s", "a", "b")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.CheckpointUpperBound = 1 })
	sub := p.connect("s", "g", 2)
	events := p.want(sub, "a", "b")
	full.Store(true)
	_, err := p.client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{},
		esdb.EventData{EventID: uuid.New(), EventType: "Happened", Data: []byte(strings.Repeat("x", 1<<10))})
	var refused interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &refused) || refused.GRPCStatus().Code() != codes.ResourceExhausted {
		t.Errorf("append on a full disk: %v", err)
	}
	if err := readOne(t, p.client, "s"); err != nil {
		t.Errorf("read on a full disk: %v", err)
	}
	if err := errors.Join(sub.Nack("bad", esdb.NackActionPark, events[0]), sub.Ack(events[1])); err != nil {
		t.Fatal(err)
	}
	p.until("s", "g", "both answered", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.TotalInFlightMessages == 0 })
	if s := p.info("s", "g").Stats; s.ParkedMessagesCount != 0 || s.LastCheckpointedEventRevision != nil {
		t.Errorf("written on a full disk: %+v", s)
	}
	full.Store(false)
	p.until("s", "g", "parked and done", func(i *esdb.PersistentSubscriptionInfo) bool {
		return i.Stats.ParkedMessagesCount == 1 && p.done("s", "g")
	})
	// The store takes appends again, too; it may need a moment to notice.
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		if err = write(t, p.client, "s", "Happened", "{}"); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("append with room again:", err)
		}
	}
}
