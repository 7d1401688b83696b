package crash

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Scavenge is scenario R1S: as R1, while one more client writes what nobody can
// read any more, and the command that scavenges runs again and again. A kill
// finds it anywhere; where it finds the store gone, it scavenges the folder.
func Scavenge(ctx context.Context, t *trial.Trial) error {
	s := &scavenger{t: t}
	if err := kill(ctx, t, s.beside); err != nil {
		return err
	}
	if s.removed == 0 {
		t.Fault("nothing was scavenged")
	}
	if out, err := s.shiyang(ctx, "check"); err != nil {
		t.Fault("after all kills the log is damaged: %v\n%s", err, out)
	}
	return nil
}

type scavenger struct {
	t       *trial.Trial
	data    string
	removed int
}

// waste is a stream of the store's own, of which only the newest event counts:
// the metadata of a stream that is not there.
const waste = "$$waste"

// beside wastes room and gives it back until the store has ended.
func (s *scavenger) beside(ctx context.Context, data string, client *wire.Client, ended <-chan struct{}) {
	s.data = data
	var wasting sync.WaitGroup
	wasting.Go(func() {
		for err := error(nil); err == nil; {
			ids := make([]uuid.UUID, 16)
			for i := range ids {
				ids[i] = uuid.New()
			}
			_, err = client.Append(ctx, waste, wire.Any, 8<<10, ids...)
		}
	})
	for running(ended) && ctx.Err() == nil {
		s.scavenge(ctx, ended)
	}
	wasting.Wait()
}

func running(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

var removedEvents = regexp.MustCompile(`: (\d+) events,`)

// scavenge runs the command once. It may fail only because of the kill.
func (s *scavenger) scavenge(ctx context.Context, ended <-chan struct{}) {
	out, err := s.shiyang(ctx, "scavenge")
	if found := removedEvents.FindSubmatch(out); found != nil {
		n, _ := strconv.Atoi(string(found[1])) // it is a number
		s.removed += n
		s.t.Add("events scavenged", n)
	}
	if err == nil {
		s.t.Add("scavenges ended", 1)
		return
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-ended:
		s.t.Add("scavenges cut off", 1)
	case <-ctx.Done():
	case <-limit.C:
		s.t.Fault("the store lives, and a scavenge fails: %v\n%s", err, out)
	}
}

func (s *scavenger) shiyang(ctx context.Context, command string) ([]byte, error) {
	return exec.CommandContext(ctx, s.t.Program, "eventstore", command, "--data", s.data).CombinedOutput() //nolint:gosec // the binary that was built
}
