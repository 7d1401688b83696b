package esdbstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

func TestAppendAndRead(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	stream := es.StreamName("facility", uuid.NewString())
	if got := reasons(t, s, stream, 0); got != nil {
		t.Fatalf("a stream that does not exist holds %v", got)
	}
	meta := command()
	end, err := s.Append(t.Context(), stream, 0, meta, change("1"), change("2"))
	if err != nil {
		t.Fatal(err)
	}
	if end != (es.Appended{Revision: 2, Position: 2}) {
		t.Fatalf("appended to %+v", end)
	}
	end = mustAppend(t, s, stream, 2, change("3"))
	var got []es.Recorded
	for rec, err := range s.Read(t.Context(), stream, 1) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rec)
	}
	if len(got) != 2 || got[0].Revision != 2 || got[1].Revision != end.Revision || got[1].Position != end.Position {
		t.Fatalf("read %+v", got)
	}
	first := got[0]
	if first.ID != es.EventID(stream, meta.CommandID, 1) || first.Stream != stream || first.Meta.CommandID != meta.CommandID || !first.Meta.RecordedAt.Equal(meta.RecordedAt) {
		t.Fatalf("read %+v", first)
	}
}

func TestReadPagesThroughLongStreams(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	const total = 2*256 + 3
	for at := 0; at < total; at += 103 {
		mustAppend(t, s, "facility-long", es.Revision(at), numbered(103)...)
	}
	if got := len(reasons(t, s, "facility-long", 0)); got != total {
		t.Fatalf("read %d of %d", got, total)
	}
	if got := len(reasons(t, s, "facility-long", total-1)); got != 1 {
		t.Fatalf("read %d after the last but one", got)
	}
	if got := reasons(t, s, "facility-long", total); got != nil {
		t.Fatalf("read %v after the last", got)
	}
	for range s.Read(t.Context(), "facility-long", 0) {
		break // leaves no call behind
	}
}

func TestConflict(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	mustAppend(t, s, "facility-a", 0, change("1"))
	for _, expected := range []es.Revision{0, 2, 7} {
		if _, err := s.Append(t.Context(), "facility-a", expected, command(), change("x")); !errors.Is(err, es.ErrConflict) {
			t.Errorf("append after %d: %v", expected, err)
		}
	}
}

// The answer to a repeated command is that of the first time, also when the
// repetition differs in what follows the stored events.
func TestSameCommandTakesEffectOnce(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	meta := command()
	first, err := s.Append(t.Context(), "facility-a", 0, meta, change("1"), change("2"))
	if err != nil {
		t.Fatal(err)
	}
	for _, events := range [][]es.Event{numbered(2), numbered(3)} {
		again, err := s.Append(t.Context(), "facility-a", 0, meta, events...)
		if err != nil || again != first {
			t.Fatalf("again with %d events: %+v, %v", len(events), again, err)
		}
	}
	if n := f.Events("facility-a"); n != 2 {
		t.Fatalf("%d events", n)
	}
}

func TestRaceForOneRevision(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	fine, conflicts, other := tally(together(32, func(int) error {
		_, err := s.Append(within(t), "facility-race", 0, command(), change("1"), change("2"))
		return err
	}))
	if fine != 1 || conflicts != 31 || other != nil {
		t.Fatalf("%d won, %d lost, %v", fine, conflicts, other)
	}
	if n := f.Events("facility-race"); n != 2 {
		t.Fatalf("%d events", n)
	}
}

func TestAppendIsOneRequest(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	for i := range 5 {
		mustAppend(t, s, "facility-a", es.Revision(i), change("1"))
	}
	if f.appends != 5 {
		t.Fatalf("%d requests for 5 appends", f.appends)
	}
}

// The server stores the events and the connection dies before its answer.
func TestLostAnswer(t *testing.T) {
	f := newFake(t)
	f.after = func(n int) error {
		if n == 1 {
			f.Cut()
			return errBusy
		}
		return nil
	}
	f.Start(t)
	s := newStore(quick(t, f.URL()))
	end, err := s.Append(within(t), "facility-a", 0, command(), change("1"), change("2"))
	if err != nil || end != (es.Appended{Revision: 2, Position: 2}) {
		t.Fatalf("%+v, %v", end, err)
	}
	if f.appends != 1 || f.Events("facility-a") != 2 {
		t.Fatalf("%d requests, %d events: read back before sending again", f.appends, f.Events("facility-a"))
	}
}

// The answer is lost and somebody else is found where the events should be.
func TestLostRequestAndConflict(t *testing.T) {
	f := newFake(t)
	f.Start(t)
	s := newStore(quick(t, f.URL()))
	f.spoil = func(n int) error {
		if n != 1 {
			return nil
		}
		if _, err := s.Append(context.WithoutCancel(t.Context()), "facility-a", 0, command(), change("other")); err != nil {
			return err
		}
		return errBusy
	}
	if _, err := s.Append(within(t), "facility-a", 0, command(), change("mine")); !errors.Is(err, es.ErrConflict) {
		t.Fatal(err)
	}
	if got := reasons(t, s, "facility-a", 0); !slices.Equal(got, []string{"other"}) {
		t.Fatal(got)
	}
}

// A store that stays silent leaves the outcome open, and says so.
func TestOutcomeUnknown(t *testing.T) {
	f := newFake(t)
	f.after = func(int) error { return errBusy }
	f.spoil = func(int) error { f.mu.Lock(); defer f.mu.Unlock(); f.refuse = errBusy; return nil }
	f.Start(t)
	c := quick(t, f.URL())
	s := newStore(c)
	eventually(t, "ready", func() bool { return c.Ready() == nil })
	meta := command()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := s.Append(ctx, "facility-a", 0, meta, change("1"))
	if !errors.Is(err, esdbstore.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.refuse, f.after, f.spoil = nil, nil, nil
	f.mu.Unlock()
	if end, err := s.Append(within(t), "facility-a", 0, meta, change("1")); err != nil || end.Revision != 1 {
		t.Fatalf("%+v, %v", end, err)
	}
	if n := f.Events("facility-a"); n != 1 {
		t.Fatalf("%d events", n)
	}
}

func TestUnavailableAnswersAreRetried(t *testing.T) {
	f := newFake(t)
	f.spoil = func(n int) error {
		if n <= 3 {
			return errBusy
		}
		return nil
	}
	f.Start(t)
	c := quick(t, f.URL())
	if end := mustAppend(t, newStore(c), "facility-a", 0, change("1")); end.Revision != 1 {
		t.Fatalf("%+v", end)
	}
	if f.appends != 4 {
		t.Fatalf("%d requests", f.appends)
	}
}

func TestRefusalsAreNotRetried(t *testing.T) {
	for name, tt := range map[string]struct {
		answer error
		want   error
	}{
		"disk full":        {status.Error(codes.ResourceExhausted, "disk full"), esdbstore.ErrRefused},
		"not allowed":      {status.Error(codes.PermissionDenied, "no"), esdbstore.ErrRefused},
		"invalid argument": {status.Error(codes.InvalidArgument, "no"), esdbstore.ErrRefused},
		"deleted stream":   {status.Error(codes.FailedPrecondition, "deleted"), esdbstore.ErrStreamDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.spoil = func(int) error { return tt.answer }
			if errors.Is(tt.want, esdbstore.ErrStreamDeleted) { // without these trailers the official client panics
				f.trailer = metadata.Pairs("exception", "stream-deleted", "stream-name", "facility-a")
			}
			f.Start(t)
			c := dial(t, f.URL())
			_, err := newStore(c).Append(within(t), "facility-a", 0, command(), change("1"))
			if !errors.Is(err, tt.want) {
				t.Fatal(err)
			}
			if f.appends != 1 || c.Stats().Generation != 1 {
				t.Fatalf("%d requests, %+v", f.appends, c.Stats())
			}
		})
	}
}

func TestTooLargeIsNotSent(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	big := &permitsv1.FacilityChanged{Reason: strings.Repeat("字", 200_000), Site: &permitsv1.SiteContent{}}
	_, err := s.Append(t.Context(), "facility-a", 0, command(), change("small"), big)
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || !errors.Is(err, esdbstore.ErrTooLarge) || len(p.Errors) != 1 {
		t.Fatal(err)
	}
	field := p.Errors[0]
	if field.Path != "reason" || field.Value != "" || !strings.Contains(field.Text.En, "permits.v1.FacilityChanged (number 2)") || !strings.Contains(field.Text.Zh, "字段 reason") {
		t.Fatalf("%+v", field)
	}
	if f.appends != 0 {
		t.Fatal("it was sent")
	}
}

func TestIncompleteHistoryIsRefused(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	mustAppend(t, s, "facility-a", 0, numbered(3)...)
	f.log = slices.Delete(f.log, 1, 2)
	var last error
	for _, err := range s.Read(t.Context(), "facility-a", 0) {
		last = err
	}
	if !errors.Is(last, esdbstore.ErrHistoryIncomplete) {
		t.Fatal(last)
	}
	f.log = nil
	for _, err := range s.Read(t.Context(), "facility-a", 3) {
		last = err
	}
	if !errors.Is(last, esdbstore.ErrStreamDeleted) {
		t.Fatal(last)
	}
}

func TestUnknownEventStopsARead(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	mustAppend(t, s, "facility-a", 0, numbered(2)...)
	f.log[1].Metadata["type"] = "permits.v1.OfTomorrow"
	var revisions []es.Revision
	var last error
	for rec, err := range s.Read(t.Context(), "facility-a", 0) {
		revisions, last = append(revisions, rec.Revision), err
	}
	if !errors.Is(last, es.ErrUnknownEvent) || !slices.Equal(revisions, []es.Revision{1, 2}) {
		t.Fatal(revisions, last)
	}
}

func TestAppendNeedsACommandAndEvents(t *testing.T) {
	f := newFake(t).Start(t)
	s := newStore(dial(t, f.URL()))
	if _, err := s.Append(t.Context(), "facility-a", 0, by(""), change("1")); err == nil {
		t.Error("no command id")
	}
	if _, err := s.Append(t.Context(), "facility-a", 0, command()); err == nil {
		t.Error("no events")
	}
}

func TestCallerMayLeave(t *testing.T) {
	f := newFake(t)
	held := make(chan struct{})
	f.spoil = func(n int) error {
		if n == 1 {
			<-held
		}
		return nil
	}
	f.Start(t)
	c := dial(t, f.URL())
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := newStore(c).Append(ctx, "facility-a", 0, command(), change("1"))
		left <- err
	}()
	eventually(t, "the append arrives", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.appends == 1 })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) || !errors.Is(err, esdbstore.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	close(held)
	eventually(t, "no call is stuck", func() bool { return c.Stats().Stuck == 0 })
}

func Example() {
	fmt.Println(esdbstore.Redact("esdb://admin:changeit@store:2113?tls=true"))
	// Output: esdb://***@store:2113?tls=true
}
