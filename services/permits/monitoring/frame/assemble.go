package frame

import "errors"

// Bounds of messages of several packets.
const (
	MaxPackets = 64 // of one message
	maxOpen    = 16 // messages that wait for packets
)

// ErrPackets reports a packet that contradicts those before it: another number
// of packets, or the same number with other content.
var ErrPackets = errors.New("packets of a message contradict each other")

// Message is what the packets of one exchange say together.
type Message struct {
	Packet          // of the first packet; CP holds the parameters of all
	Raws   [][]byte // the frames, in the order of their numbers
}

// Assembler 拆分包 joins the packets of messages that were sent in parts. It
// holds at most 16 messages and forgets the oldest of more. Use one for each
// connection, from one goroutine.
type Assembler struct {
	open      []*parts // in the order in which they began
	Forgotten int      // messages that were given up incomplete
}

type parts struct {
	key     string
	packets []Packet
	missing int
}

// Add takes a packet and returns the message that it completes. A packet that
// is a message by itself is one at once and is not copied; the packets of
// others are. The same packet twice has no effect.
func (a *Assembler) Add(p Packet) (m Message, complete bool, err error) {
	if p.PNUM <= 1 {
		return Message{Packet: p, Raws: [][]byte{p.Raw}}, true, nil
	}
	waiting := a.find(string(p.MN)+string(p.CN)+string(p.QN), p.PNUM)
	if len(waiting.packets) != p.PNUM {
		return Message{}, false, ErrPackets
	}
	place := &waiting.packets[p.PNO-1]
	switch {
	case place.Raw == nil:
		*place = p.Clone()
		waiting.missing--
	case string(place.CP) != string(p.CP):
		return Message{}, false, ErrPackets
	}
	if waiting.missing > 0 {
		return Message{}, false, nil
	}
	a.drop(waiting)
	return waiting.join(), true, nil
}

// Waiting tells how many messages wait for packets.
func (a *Assembler) Waiting() int { return len(a.open) }

func (a *Assembler) find(key string, packets int) *parts {
	for _, w := range a.open {
		if w.key == key {
			return w
		}
	}
	if len(a.open) == maxOpen {
		a.open = append(a.open[:0], a.open[1:]...)
		a.Forgotten++
	}
	w := &parts{key: key, packets: make([]Packet, packets), missing: packets}
	a.open = append(a.open, w)
	return w
}

func (a *Assembler) drop(done *parts) {
	for i, w := range a.open {
		if w == done {
			a.open = append(a.open[:i], a.open[i+1:]...)
			return
		}
	}
}

func (w *parts) join() Message {
	m := Message{Packet: w.packets[0]}
	var cp []byte
	for i, p := range w.packets {
		if i > 0 && len(cp) > 0 && cp[len(cp)-1] != ';' {
			cp = append(cp, ';')
		}
		cp = append(cp, p.CP...)
		m.Raws = append(m.Raws, p.Raw)
	}
	m.CP, m.PNUM, m.PNO = cp, 0, 0
	return m
}
