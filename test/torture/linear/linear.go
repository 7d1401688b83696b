// Package linear records what clients asked of streams and heard, under kills
// and cuts, and lets porcupine look for an order that explains it: one append
// or read after the other, each between its call and its return, with
// optimistic concurrency as the rule. Start reading at Histories, then model.
package linear

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"

	"shiyang/test/torture/network"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
)

const (
	clients   = 8
	perBatch  = 10  // streams that are used at once; each is one history
	maxOps    = 400 // of one stream
	opsWanted = 80  // of one stream, on average
)

// Histories is scenario R14: 8 clients append to and read a few streams, while
// the store is killed or the network is cut. Each stream is one history.
func Histories(ctx context.Context, t *trial.Trial) error {
	store, err := program.StartStore(ctx, t.Program, t.Dir+"/data", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := store.Address
	line, err := network.NewLine(ctx, address)
	if err != nil {
		return errors.Join(err, store.End(syscall.SIGKILL))
	}
	defer line.Close()
	r := &recorder{t: t, data: t.Dir + "/data", store: store, line: line, address: address}
	defer func() { _ = r.store.End(syscall.SIGKILL) }() // gone already, unless something failed
	for done := 0; done < t.Count && ctx.Err() == nil; done += perBatch {
		if err := r.batch(ctx, done, min(perBatch, t.Count-done)); err != nil {
			return err
		}
		t.Progress(done + perBatch)
	}
	return errors.Join(ctx.Err(), r.store.End(syscall.SIGTERM))
}

// recorder runs clients and keeps what they did.
type recorder struct {
	t       *trial.Trial
	data    string
	address string
	store   *program.Process
	line    *network.Line
	started time.Time

	mu   sync.Mutex
	ops  map[string][]porcupine.Operation
	next int // id of the next client; one that lost an answer goes on as another
}

// batch records some histories, breaks something meanwhile, and checks them.
func (r *recorder) batch(ctx context.Context, number, streams int) error {
	r.started, r.ops = time.Now(), map[string][]porcupine.Operation{}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for c := range clients {
		c := &client{r: r, id: r.fresh(), random: r.t.Fork(uint64(number*clients + c)), left: opsWanted * streams / clients, known: map[string]int64{}}
		for s := range streams {
			c.streams = append(c.streams, fmt.Sprintf("linear-%d-%d", number, s))
		}
		all.Go(func() { c.run(working, r.line.Address()) })
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		all.Wait()
	}()
	err := r.fault(ctx, number/perBatch)
	if err == nil {
		select {
		case <-finished:
		case <-time.After(patience):
			r.t.Fault("histories %d: the clients stand still", number)
		}
	}
	stop()
	<-finished
	for stream, ops := range r.ops {
		r.check(stream, ops)
	}
	return err
}

// patience bounds every wait; it is no figure of speed.
const patience = time.Minute

// fault waits for a moment and kills the store or cuts the network, in turn.
func (r *recorder) fault(ctx context.Context, batch int) (err error) {
	moment := time.NewTimer(time.Duration(20+r.t.Random.IntN(100)) * time.Millisecond)
	defer moment.Stop()
	select {
	case <-moment.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	switch batch % 3 {
	case 0:
		r.t.Add("kills", 1)
		if err := r.store.End(syscall.SIGKILL); err != nil {
			return err
		}
		r.line.Down()
		if r.store, err = program.StartStore(ctx, r.t.Program, r.data, r.address); err != nil {
			return err
		}
		return r.line.Up(ctx)
	case 1:
		r.t.Add("cuts: nobody listens", 1)
		r.line.Down()
		return r.line.Up(ctx)
	default:
		r.t.Add("cuts: answers lost", 1)
		if err := r.line.Spoil("timeout", "downstream", `{"timeout":0}`); err != nil {
			return err
		}
		return r.line.Heal(ctx)
	}
}

func (r *recorder) fresh() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return r.next
}

// check lets porcupine judge the history of one stream.
func (r *recorder) check(stream string, ops []porcupine.Operation) {
	result := porcupine.CheckOperationsTimeout(model, ops, patience)
	r.t.Add("operations", len(ops))
	r.t.Most("operations of a history at most", len(ops))
	switch result {
	case porcupine.Ok:
		r.t.Add("histories explained", 1)
	case porcupine.Illegal:
		r.t.Fault("%s: no order explains %d operations: %v", stream, len(ops), ops)
	case porcupine.Unknown:
		r.t.Add("histories not decided", 1)
		r.t.Fault("%s: %d operations were too many to decide", stream, len(ops))
	}
}
