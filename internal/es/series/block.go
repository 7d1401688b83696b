package series

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// BlockSize is how many numbers one stream holds.
const BlockSize = 1000

// Number is one number of a series.
type Number struct {
	Serial    int64
	CommandID string    // the command that asked for it
	Holder    string    // the stream that is to use it
	At        time.Time // when it was reserved
	Used      bool
	Voided    string // why; "" unless voided
}

// Open tells that it is neither used nor voided yet.
func (n Number) Open() bool { return !n.Used && n.Voided == "" }

// Block is the fold of one stream: up to [BlockSize] numbers in order,
// without a gap. Which command has which number is the newest reservation of
// that command: a command that comes again after its number was voided gets
// another one.
type Block struct {
	given  []Number // by serial, ascending; as they were reserved
	used   [BlockSize/64 + 1]uint64
	voided map[int]string
	ended  int // how many are used or voided
}

// Evolve implements [es.State]. What an earlier Block shares is copied; the
// frequent mark, used, lies in the value itself and costs nothing.
func (b Block) Evolve(f es.Fact) Block {
	switch e := f.Event.(type) {
	case *commonv1.NumbersReserved:
		b.given = slices.Clip(b.given)
		for _, r := range e.GetReservations()[:min(len(e.GetReservations()), BlockSize-len(b.given))] {
			b.given = append(b.given, Number{
				Serial: r.GetSerial(), CommandID: r.GetCommandId(), Holder: r.GetHolder(), At: f.Meta.RecordedAt,
			})
		}
	case *commonv1.NumberUsed:
		if i := b.index(e.GetSerial()); i >= 0 && b.number(i).Open() {
			b.used[i/64] |= 1 << (i % 64)
			b.ended++
		}
	case *commonv1.NumberVoided:
		if i := b.index(e.GetSerial()); i >= 0 && b.number(i).Open() {
			voided := make(map[int]string, len(b.voided)+1)
			maps.Copy(voided, b.voided)
			voided[i] = cmp.Or(e.GetReason(), "voided")
			b.voided = voided
			b.ended++
		}
	}
	return b
}

// index of a serial, -1 if it was never reserved.
func (b Block) index(serial int64) int {
	if len(b.given) == 0 {
		return -1
	}
	i := serial - b.given[0].Serial
	if i < 0 || i >= int64(len(b.given)) {
		return -1
	}
	return int(i)
}

// number returns the ith number of the block as it stands now.
func (b Block) number(i int) Number {
	n := b.given[i]
	n.Used, n.Voided = b.used[i/64]&(1<<(i%64)) != 0, b.voided[i]
	return n
}

// Numbers yields the numbers of the block by serial.
func (b Block) Numbers() iter.Seq[Number] {
	return func(yield func(Number) bool) {
		for i := range b.given {
			if !yield(b.number(i)) {
				return
			}
		}
	}
}

// of returns the number that a command holds; a voided one is none.
func (b Block) of(commandID string) (Number, bool) {
	for i := len(b.given) - 1; i >= 0; i-- {
		if b.given[i].CommandID == commandID {
			n := b.number(i)
			return n, n.Voided == ""
		}
	}
	return Number{}, false
}

func (b Block) full() bool { return len(b.given) >= BlockSize }

// finished tells that nothing in the block will change any more.
func (b Block) finished() bool { return b.full() && b.ended == len(b.given) }

func (b Block) last() time.Time {
	if len(b.given) == 0 {
		return time.Time{}
	}
	return b.given[len(b.given)-1].At
}

// asked is one command that waits for a number.
type asked struct{ commandID, holder string }

// give reserves the next numbers of a block for those who wait, as far as
// the block reaches. Who has a number already gets none.
type give struct {
	series  Series
	block   int64
	waiting []asked
}

// Decide implements [es.Command].
func (c give) Decide(b Block) ([]es.Event, error) {
	next := c.block*BlockSize + int64(len(b.given)) + 1
	var given []*commonv1.NumberReservation
	for _, w := range c.waiting {
		if next > (c.block+1)*BlockSize {
			break
		}
		if _, has := b.of(w.commandID); has {
			continue
		}
		given = append(given, &commonv1.NumberReservation{Serial: next, CommandId: w.commandID, Holder: w.holder})
		next++
	}
	if len(given) == 0 {
		return nil, nil
	}
	return []es.Event{&commonv1.NumbersReserved{
		Organ: c.series.Organ, Type: c.series.Type, Year: c.series.Year, Reservations: given,
	}}, nil
}

// ErrVoided reports a number that was voided before it was used.
var ErrVoided = &problem.Error{
	Kind: problem.Rejected, Reason: "NUMBER_VOIDED",
	Text: problem.Text{
		Zh: "该编号因长时间未使用已作废，请重新取号。",
		En: "This number was voided because it was not used in time. Ask for another one.",
	},
}

// ErrUsed reports an attempt to void a number that stands in a record.
var ErrUsed = &problem.Error{
	Kind: problem.Rejected, Reason: "NUMBER_USED",
	Text: problem.Text{
		Zh: "该编号已经使用，不能作废。",
		En: "This number is in use and cannot be voided.",
	},
}

// finish ends the wait of a number: used, or voided with a reason.
type finish struct {
	serial int64
	voided string
}

// Decide implements [es.Command].
func (c finish) Decide(b Block) ([]es.Event, error) {
	i := b.index(c.serial)
	if i < 0 {
		return nil, problem.ErrNotFound
	}
	n := b.number(i)
	switch {
	case c.voided == "" && n.Voided != "":
		return nil, ErrVoided
	case c.voided != "" && n.Used:
		return nil, ErrUsed
	case !n.Open():
		return nil, nil
	case c.voided != "":
		return []es.Event{&commonv1.NumberVoided{Serial: c.serial, Reason: c.voided}}, nil
	default:
		return []es.Event{&commonv1.NumberUsed{Serial: c.serial}}, nil
	}
}
