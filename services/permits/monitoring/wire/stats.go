package wire

import (
	"maps"
	"sync"
	"sync/atomic"

	"shiyang/services/permits/monitoring/frame"
)

// Stats tell what a server has done since it was made.
type Stats struct {
	Connections int64            // open now
	TurnedAway  int64            // connections beyond the limit
	Packets     int64            // good frames
	Stored      int64            // messages that became data
	Repeated    int64            // messages that were data before
	Failed      int64            // messages that could not be stored
	Refused     map[string]int64 // messages that became nothing, by reason
	Faults      map[string]int64 // what was no good frame, by kind
}

type counters struct {
	connections, turnedAway, packets, stored, repeated, failed atomic.Int64

	mu      sync.Mutex
	refused map[string]int64
	faults  map[string]int64
}

func (c *counters) fault(k frame.Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = map[string]int64{}
	}
	c.faults[k.String()]++
}

func (c *counters) verdict(v Verdict) {
	switch v.Outcome {
	case Stored:
		c.stored.Add(1)
	case Repeated:
		c.repeated.Add(1)
	case Failed:
		c.failed.Add(1)
	case Refused:
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.refused == nil {
			c.refused = map[string]int64{}
		}
		c.refused[v.Why]++
	case Noticed:
	}
}

// Stats tells what the server has done.
func (s *Server) Stats() Stats {
	c := &s.counters
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Connections: c.connections.Load(), TurnedAway: c.turnedAway.Load(), Packets: c.packets.Load(), Stored: c.stored.Load(),
		Repeated: c.repeated.Load(), Failed: c.failed.Load(), Refused: maps.Clone(c.refused), Faults: maps.Clone(c.faults),
	}
}
