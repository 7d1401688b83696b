// Package series gives numbers for people (文号, 联单编号) without gaps: 1, 2,
// 3 … per organ, type and year (D17).
//
// A series is a chain of streams, one for each block of 1,000 numbers, so
// that no stream grows long. A block begins only when the one before it is
// full, and every append states the revision it follows; that is all that
// keeps the numbers dense, however many processes give numbers at once. One
// goroutine per process collects the commands that wait and reserves numbers
// for all of them in one append.
//
// A number is reserved for a command, then used by its record:
//
//	Next ─▶ append to the record ─▶ MarkUsed
//
// A crash in between leaves a number open. The same command gets the same
// number when it is sent again. After [UnusedAfter] a ticker looks at
// [Allocator.Unused] and calls [Allocator.Settle], which looks for the command
// in the record and marks the number used, or voids it with a reason: it
// stays empty for ever, and everyone can see why.
//
// It may import internal/es, internal/problem and the common contracts. Start
// reading with [Block], then [Allocator].
package series

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/es"
)

// UnusedAfter is how old an unused number is before the ticker settles it.
const UnusedAfter = 24 * time.Hour

// remembered is how long a command gets the same number again at least, if
// its series has begun further blocks since: well beyond UnusedAfter.
const remembered = 2 * UnusedAfter

// category of the streams.
const category = "series"

// maxBatch bounds how many commands share one append.
const maxBatch = 256

// appendTimeout bounds one round of the allocator.
const appendTimeout = 15 * time.Second

// ErrClosed reports an allocator that was closed.
var ErrClosed = errors.New("series: allocator is closed")

// Series names a chain of numbers.
type Series struct {
	Organ string // division code of the organ: "620600"
	Type  string // of document: "permit-acceptance"
	Year  int32  // 0 for a series without years
}

func (s Series) blockID(block int64) string {
	return es.DerivedID(category, s.Organ, s.Type, strconv.Itoa(int(s.Year)), strconv.FormatInt(block, 10))
}

// Stream is where the numbers block×1000+1 … (block+1)×1000 are kept.
func (s Series) Stream(block int64) string { return es.StreamName(category, s.blockID(block)) }

func blockOf(serial int64) int64 { return (serial - 1) / BlockSize }

// Options are what an allocator can be told beyond the store.
type Options struct {
	Now func() time.Time // nil: time.Now
}

// Allocator gives numbers. It is safe for concurrent use; several processes
// may give numbers of the same series from one store.
type Allocator struct {
	store  es.Store
	blocks *es.Repository[Block]
	now    func() time.Time

	requests chan *request
	stop     chan struct{}
	closing  sync.Once
	done     sync.WaitGroup

	mu     sync.Mutex
	chains map[Series]*chain
	swept  map[Series]int64 // blocks before it have no open number
}

type request struct {
	series Series
	asked  asked
	meta   es.Meta
	answer chan answer // takes one answer without a reader
}

type answer struct {
	serial int64
	err    error
}

// New returns an allocator and starts its goroutine; Close ends it.
func New(store es.Store, o Options) *Allocator {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Allocator{
		store: store, blocks: es.NewRepository[Block](category, store, es.Options{Now: o.Now}), now: o.Now,
		requests: make(chan *request), stop: make(chan struct{}),
		chains: map[Series]*chain{}, swept: map[Series]int64{},
	}
	a.done.Go(a.run)
	return a
}

// Close ends the allocator after the round that it is in. Who still waits
// gets [ErrClosed] and may find its number reserved when asking again.
func (a *Allocator) Close() error {
	a.closing.Do(func() { close(a.stop) })
	a.done.Wait()
	return nil
}

// Next reserves the next number of a series for a command. The same command
// gets the same number again, as long as it was not voided and for at least
// 48 hours. After an error the number may or may not be reserved; ask again
// with the same command id. Numbers start at 1.
func (a *Allocator) Next(ctx context.Context, meta es.Meta, organ, typ string, year int, holderStream string) (serial int64, err error) {
	if meta.CommandID == "" {
		return 0, es.ErrNoCommandID
	}
	r := &request{
		series: Series{organ, typ, int32(year)}, meta: meta,
		asked:  asked{meta.CommandID, holderStream},
		answer: make(chan answer, 1),
	}
	select {
	case a.requests <- r:
	case <-a.stop:
		return 0, ErrClosed
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	select {
	case got := <-r.answer:
		return got.serial, got.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// run serves rounds: whoever waits when a round begins is in it.
func (a *Allocator) run() {
	for {
		var batch []*request
		select {
		case r := <-a.requests:
			batch = append(batch, r)
		case <-a.stop:
			return
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case r := <-a.requests:
				batch = append(batch, r)
			default:
				more = false
			}
		}
		a.round(batch)
	}
}

// round answers every request of a batch, one series after the other.
func (a *Allocator) round(batch []*request) {
	bySeries := map[Series][]*request{}
	for _, r := range batch {
		bySeries[r.series] = append(bySeries[r.series], r)
	}
	for s, waiting := range bySeries {
		ctx, cancel := context.WithTimeout(context.Background(), appendTimeout)
		err := a.serve(ctx, s, waiting)
		cancel()
		for _, r := range waiting {
			select {
			case r.answer <- answer{err: err}: // only if it has no answer yet
			default:
			}
		}
	}
}

// batchMeta is the metadata of one append for many commands: each of them is
// named in the event itself.
func batchMeta(waiting []asked) es.Meta {
	sum := sha256.New()
	for _, w := range waiting {
		sum.Write([]byte(w.commandID + "\n" + w.holder + "\n"))
	}
	return es.Meta{
		CommandID: uuid.NewString(), CommandHash: hex.EncodeToString(sum.Sum(nil)),
		Actor: es.Actor{ID: "system:numbers", Role: "system"}, Client: "numbers",
	}
}

// MarkUsed says that a number stands in its record. It may be repeated; a
// voided number cannot be used any more ([ErrVoided]).
func (a *Allocator) MarkUsed(ctx context.Context, meta es.Meta, organ, typ string, year int, serial int64) error {
	return a.finish(ctx, meta, Series{organ, typ, int32(year)}, finish{serial: serial}, "use")
}

// Void empties a number for ever, with a reason. It may be repeated; a used
// number cannot be voided ([ErrUsed]).
func (a *Allocator) Void(ctx context.Context, meta es.Meta, organ, typ string, year int, serial int64, reason string) error {
	if reason == "" {
		return errors.New("void a number: a reason is needed")
	}
	return a.finish(ctx, meta, Series{organ, typ, int32(year)}, finish{serial, reason}, "void")
}

// finish appends beside the allocators, which append to the same stream all
// the time, so it is more patient with conflicts than a person's command.
func (a *Allocator) finish(ctx context.Context, meta es.Meta, s Series, cmd finish, step string) error {
	if meta.CommandID != "" {
		meta.CausationID = meta.CommandID
		meta.CommandID = es.DerivedID(category, step, meta.CommandID, strconv.FormatInt(cmd.serial, 10))
	}
	for try := 1; ; try++ {
		_, err := a.blocks.Execute(ctx, s.blockID(blockOf(cmd.serial)), meta, cmd)
		if errors.Is(err, es.ErrConflict) && try < 8 && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s number %d of %s: %w", step, cmd.serial, s.Type, err)
		}
		return nil
	}
}
