package oracle

import (
	"fmt"

	"github.com/google/uuid"
)

// Verdict counts what a history lacks and has too much of.
type Verdict struct {
	Acked      int // promises to writers that were checked
	Seen       int // promises to readers that were checked
	Events     int // events of the history
	Lost       int // promised and not there, or elsewhere
	Duplicates int // the same event twice
	Holes      int // a revision of a stream that is skipped or repeated
	Disorder   int // positions that do not grow, or an order that has changed since the last reading
	Strangers  int // events that nobody sent
	Damaged    int // events with other content than was sent
	Examples   []string
}

// Faults is the number of broken promises.
func (v Verdict) Faults() int {
	return v.Lost + v.Duplicates + v.Holes + v.Disorder + v.Strangers + v.Damaged
}

// Add sums verdicts.
func (v *Verdict) Add(w Verdict) {
	v.Acked += w.Acked
	v.Seen += w.Seen
	v.Events += w.Events
	v.Lost += w.Lost
	v.Duplicates += w.Duplicates
	v.Holes += w.Holes
	v.Disorder += w.Disorder
	v.Strangers += w.Strangers
	v.Damaged += w.Damaged
	if room := maxExamples - len(v.Examples); room > 0 {
		v.Examples = append(v.Examples, w.Examples[:min(room, len(w.Examples))]...)
	}
}

// String is one line for people.
func (v Verdict) String() string {
	return fmt.Sprintf("%d events, %d acknowledged: %d lost, %d duplicates, %d holes, %d out of order, %d strangers, %d damaged",
		v.Events, v.Acked, v.Lost, v.Duplicates, v.Holes, v.Disorder, v.Strangers, v.Damaged)
}

const maxExamples = 8

// A History is what was read of a store so far, in the order of $all. It is
// read in pieces, each beginning after the last, and each piece is checked
// as it comes. It is not safe for concurrent use.
type History struct {
	Foreign bool // content is made by others and not checked

	oracle   *Oracle
	at       map[uuid.UUID]place
	next     map[string]uint64 // next revision of a stream
	last     Event
	count    int
	settled  int // promises to writers already found
	settledS int // and to readers
}

type place struct {
	position, revision uint64
}

// Read begins a history.
func (o *Oracle) Read() *History {
	return &History{oracle: o, at: map[uuid.UUID]place{}, next: map[string]uint64{}}
}

// Last is the last event read; false if there is none.
func (h *History) Last() (Event, bool) { return h.last, h.count > 0 }

// Take adds an event and judges what it shows by itself. The content is
// checked unless the history is foreign.
func (h *History) Take(v *Verdict, e Event, data []byte) {
	bad := func(n *int, what string) {
		*n++
		if len(v.Examples) < maxExamples {
			v.Examples = append(v.Examples, fmt.Sprintf("%s: %s, %s@%d at %d", what, e.ID, e.Stream, e.Revision, e.Position))
		}
	}
	v.Events++
	if _, twice := h.at[e.ID]; twice {
		bad(&v.Duplicates, "twice in the log")
	}
	if h.count > 0 && e.Position <= h.last.Position {
		bad(&v.Disorder, "position does not grow")
	}
	if h.next[e.Stream] != e.Revision {
		bad(&v.Holes, fmt.Sprintf("revision %d was next", h.next[e.Stream]))
	}
	if !h.oracle.knows(e.ID) {
		bad(&v.Strangers, "nobody sent it")
	}
	if !h.Foreign && string(data) != string(Data(e.ID, len(data))) {
		bad(&v.Damaged, "content is not what was sent")
	}
	h.at[e.ID] = place{e.Position, e.Revision}
	h.next[e.Stream] = e.Revision + 1
	h.last = e
	h.count++
}

// Again compares a second reading from the start with the first: the nth
// event must be the same. It returns a function that takes the events.
func (h *History) Again(v *Verdict) func(e Event) {
	return func(e Event) {
		if p, known := h.at[e.ID]; !known || p.position != e.Position || p.revision != e.Revision {
			v.Disorder++
			v.Examples = append(v.Examples, fmt.Sprintf("was not so at the last reading: %s, %s@%d at %d", e.ID, e.Stream, e.Revision, e.Position))
		}
	}
}

// Len is the number of events read.
func (h *History) Len() int { return h.count }

// Settle looks for what was promised in what was read; promises that were
// found before are not looked for again.
func (h *History) Settle(v *Verdict, owed Promises) {
	v.Acked += len(owed.Acked) - h.settled
	v.Seen += len(owed.Seen) - h.settledS
	h.find(v, owed.Acked[h.settled:], "acknowledged")
	h.find(v, owed.Seen[h.settledS:], "seen by a reader")
	h.settled, h.settledS = len(owed.Acked), len(owed.Seen)
}

func (h *History) find(v *Verdict, list []Event, what string) {
	for _, e := range list {
		p, there := h.at[e.ID]
		if there && p.revision == e.Revision && (e.Position == 0 || p.position == e.Position) {
			continue
		}
		v.Lost++
		if len(v.Examples) < maxExamples {
			found := "not in the log"
			if there {
				found = fmt.Sprintf("in the log at revision %d, position %d", p.revision, p.position)
			}
			v.Examples = append(v.Examples, fmt.Sprintf("%s and %s: %s, %s@%d at %d", what, found, e.ID, e.Stream, e.Revision, e.Position))
		}
	}
}

// Streams yields the streams that were read and how many events each has.
func (h *History) Streams() map[string]uint64 { return h.next }

// Upto counts the events read up to a position.
func (h *History) Upto(position uint64) (n int) {
	for _, p := range h.at {
		if p.position <= position {
			n++
		}
	}
	return n
}
