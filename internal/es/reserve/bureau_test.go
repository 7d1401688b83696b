package reserve_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

const kind, key = "permit-site", "site-1"

// record is what needs the key while it is open.
type record struct{ Opened, Closed bool }

func (r record) Evolve(f es.Fact) record {
	switch f.Event.(type) {
	case *commonv1.NumberUsed:
		r.Opened = true
	case *commonv1.NumberVoided:
		r.Closed = true
	}
	return r
}

var errOpenedBefore = &problem.Error{Kind: problem.Rejected, Reason: "OPENED_BEFORE"}

type open struct{}

func (open) Decide(r record) ([]es.Event, error) {
	if r.Opened {
		return nil, errOpenedBefore
	}
	return []es.Event{&commonv1.NumberUsed{Serial: 1}}, nil
}

type closeIt struct{}

func (closeIt) Decide(r record) ([]es.Event, error) {
	if !r.Opened || r.Closed {
		return nil, nil
	}
	return []es.Event{&commonv1.NumberVoided{Serial: 1, Reason: "refused"}}, nil
}

// bureau is a store, a clock and programs that may crash at any append.
type bureau struct {
	store *memstore.Store
	clock time.Time
}

func newBureau() *bureau {
	return &bureau{store: memstore.New(es.NewCodec(nil)), clock: estest.Start}
}

func (b *bureau) now() time.Time { return b.clock }

// program starts one that crashes at its nth append (from 0; -1 never), and
// from then on reaches the store no more.
func (b *bureau) program(crashAt int, fault estest.Fault) (*reserve.Keys, *es.Repository[record]) {
	appends, dead := 0, false
	faulty := &estest.Faulty{Store: b.store, Next: func() estest.Fault {
		appends++
		switch {
		case dead:
			return estest.FailBefore
		case appends-1 == crashAt:
			dead = true
			return fault
		}
		return estest.NoFault
	}}
	return reserve.New(faulty, reserve.Options{Now: b.now}), es.NewRepository[record]("permit", faulty, es.Options{Now: b.now})
}

func command(id string) es.Meta {
	return es.Meta{CommandID: id, CommandHash: "hash of " + id, Actor: es.Actor{ID: "applicant", Role: "firm_handler"}}
}

func ticker(id string) es.Meta {
	return es.Meta{CommandID: "tick " + id, CommandHash: "tick", Actor: es.Actor{ID: "system:ticker", Role: "system"}}
}

// open sends the command that opens a record, as a service would.
func (b *bureau) open(ctx context.Context, commandID, recordID string, crashAt int, fault estest.Fault) error {
	keys, records := b.program(crashAt, fault)
	meta := command(commandID)
	_, err := keys.Hold(ctx, meta, kind, key, "permit-"+recordID, func(ctx context.Context) (es.Receipt, error) {
		return records.Execute(ctx, recordID, meta, open{})
	})
	return err
}

// close ends a record and, as a reaction that is delivered until it gets
// through, gives its key back.
func (b *bureau) close(t fataler, recordID string) {
	keys, records := b.program(-1, 0)
	if _, err := records.Execute(t.Context(), recordID, command("close "+recordID), closeIt{}); err != nil {
		t.Fatalf("close: %v", err)
	}
	if state, _, _ := records.Load(t.Context(), recordID); !state.Closed {
		return
	}
	current, err := keys.Current(t.Context(), kind, key)
	if err == nil && current.Holder == "permit-"+recordID {
		err = keys.Release(t.Context(), command("react to close "+recordID), kind, key, current.ID, "refused")
	}
	if err != nil {
		t.Fatalf("release: %v", err)
	}
}

// sweep is the ticker: all reservations that the log shows as open for long.
func (b *bureau) sweep(t fataler, crashAt int, fault estest.Fault) {
	b.clock = b.clock.Add(reserve.MinAge)
	pending := map[string]bool{}
	for rec := range b.store.All(t.Context(), 0) {
		switch e := rec.Event.(type) {
		case *commonv1.KeyReserved:
			pending[e.GetReservationId()] = true
		case *commonv1.KeyReservationConfirmed:
			delete(pending, e.GetReservationId())
		case *commonv1.KeyReservationReleased:
			delete(pending, e.GetReservationId())
		}
	}
	keys, _ := b.program(crashAt, fault)
	for id := range pending {
		if _, err := keys.Resolve(t.Context(), ticker(id), kind, key, id); err != nil && !errors.Is(err, estest.ErrInjected) {
			t.Fatalf("resolve: %v", err)
		}
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

// check proves that the key is never held twice: at most one record is open,
// and no reservation overlaps another.
func (b *bureau) check(t fataler, records ...string) (openRecords []string) {
	t.Helper()
	_, repository := b.program(-1, 0)
	for _, id := range records {
		state, _, err := repository.Load(t.Context(), id)
		if err != nil {
			t.Fatalf("load: %v", err)
		}
		if state.Opened && !state.Closed {
			openRecords = append(openRecords, id)
		}
	}
	if len(openRecords) > 1 {
		t.Fatalf("%v are all open: the key was held twice", openRecords)
	}
	var k reserve.Key
	for rec, err := range b.store.Read(t.Context(), reserve.Stream(kind, key), 0) {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		k = k.Evolve(rec.Fact)
		held := 0
		for _, r := range k.Reservations {
			if r.Released == "" {
				held++
			}
		}
		if held > 1 {
			t.Fatalf("after revision %d the key is reserved %d times", rec.Revision, held)
		}
	}
	return openRecords
}

// settled proves that after all retries and sweeps the key is neither lost
// nor held by nobody: it belongs to the open record, or it is free.
func (b *bureau) settled(t fataler, records ...string) {
	t.Helper()
	open := b.check(t, records...)
	keys, _ := b.program(-1, 0)
	holder, confirmed, err := keys.Holder(t.Context(), kind, key)
	switch {
	case err != nil:
		t.Fatalf("holder: %v", err)
	case len(open) == 0 && holder != "":
		t.Fatalf("no record is open, but %s holds the key: it is lost", holder)
	case len(open) == 1 && (holder != "permit-"+open[0] || !confirmed):
		t.Fatalf("%s is open, but %q holds the key (confirmed %v)", open[0], holder, confirmed)
	}
}

var _ fataler = (*testing.T)(nil)
