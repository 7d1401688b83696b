// Package wire listens to meters 数采仪 over TCP: it reads frames, hands each
// message to an [Intake] and sends the answers that HJ 212-2017 asks for.
//
//	connection ─▶ frame.Reader ─▶ Assembler ─▶ Intake.Take ─▶ verdict ─▶ answer
//	                  └ a fault is counted and answered, and is never data
//
// Everything is bounded: connections, messages of one connection that are
// under way, bytes of a frame, silence, and faults. Who sends faster than
// messages can be stored is not read, so TCP slows it down. An answer 9014
// says that the data are durable; when they cannot be stored there is no
// answer, and the meter sends again.
//
// It imports the frames only and knows neither store nor clock of the law.
// Start with [Server].
package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"shiyang/services/permits/monitoring/frame"
)

// Outcome is what became of a message.
type Outcome int

// The outcomes.
const (
	Stored   Outcome = iota + 1 // it is durable
	Repeated                    // it was durable before
	Noticed                     // it asked for nothing to be stored
	Refused                     // it became nothing, for the code of the verdict
	Failed                      // it could not be stored now
)

// Verdict is the outcome of a message with the reason of a refusal.
type Verdict struct {
	Outcome Outcome
	Code    frame.Return // of a refusal
	Why     string       // of a refusal, for counters: "mn", "pw", "time"
	At      uint64       // position in the log of what became a fact
}

// Intake takes messages.
type Intake interface {
	// Take judges a message and calls done once, perhaps later and from
	// another goroutine. The message is good until Take returns. Take may wait
	// when there is too much to do.
	Take(ctx context.Context, m frame.Message, done func(Verdict))
}

// Options bound a server; zero fields get the values in brackets.
type Options struct {
	Intake      Intake
	Connections int           // at once [1000]
	UnderWay    int           // messages of one connection [64]
	Idle        time.Duration // silence that ends a connection [10 minutes]
	Faults      int           // in a row, of one connection, that end it [50]
	Now         func() time.Time
}

// Server listens to meters. It is safe for concurrent use.
type Server struct {
	o        Options
	counters counters
	slots    chan struct{}
	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	closed   bool
	running  sync.WaitGroup
}

// New returns a server that does not listen yet.
func New(o Options) *Server {
	if o.Connections == 0 {
		o.Connections = 1000
	}
	if o.UnderWay == 0 {
		o.UnderWay = 64
	}
	if o.Idle == 0 {
		o.Idle = 10 * time.Minute
	}
	if o.Faults == 0 {
		o.Faults = 50
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{o: o, slots: make(chan struct{}, o.Connections), open: map[net.Conn]bool{}}
}

// Serve takes connections until the listener is closed; it then returns nil.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	closed := s.closed
	s.mu.Unlock()
	if closed { // before the listening began
		return l.Close()
	}
	for {
		conn, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("listen to meters: %w", err)
		}
		select {
		case s.slots <- struct{}{}:
			s.begin(conn)
		default:
			s.counters.turnedAway.Add(1)
			_ = conn.Close() // there is nobody to tell
		}
	}
}

func (s *Server) begin(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close() // there is nobody to tell
		<-s.slots
		return
	}
	s.open[conn] = true
	s.counters.connections.Add(1)
	s.running.Go(func() {
		s.talk(conn)
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
		s.counters.connections.Add(-1)
		<-s.slots
	})
}

// Close ends listening and all connections, and returns when what was under
// way is over or ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	var err error
	if s.listener != nil {
		err = s.listener.Close()
	}
	for conn := range s.open {
		_ = conn.SetReadDeadline(time.Unix(1, 0)) // reading ends; answers under way are still sent
	}
	s.mu.Unlock()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	over := make(chan struct{})
	go func() { s.running.Wait(); close(over) }()
	select {
	case <-over:
		return err
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("meters: %w", ctx.Err()))
	}
}

// talk reads one connection to its end and sends the answers.
func (s *Server) talk(conn net.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &talk{server: s, conn: conn, under: make(chan struct{}, s.o.UnderWay), answers: make(chan []byte, s.o.UnderWay)}
	var writing sync.WaitGroup
	writing.Go(t.write)
	t.read(ctx)
	for range s.o.UnderWay { // until nothing is under way any more
		t.under <- struct{}{}
	}
	cancel()
	close(t.answers)
	writing.Wait()
	_ = conn.Close() // the other end is gone or done
}

// talk is one connection.
type talk struct {
	server  *Server
	conn    net.Conn
	packets frame.Assembler
	under   chan struct{} // a place for each message under way
	answers chan []byte   // never full: each has a place under way
}

// Read implements io.Reader with a limit of silence.
func (t *talk) Read(into []byte) (int, error) {
	t.server.mu.Lock()
	closed := t.server.closed
	if !closed {
		_ = t.conn.SetReadDeadline(time.Now().Add(t.server.o.Idle)) // a dead connection fails at reading
	}
	t.server.mu.Unlock()
	if closed {
		return 0, io.EOF
	}
	return t.conn.Read(into)
}

func (t *talk) read(ctx context.Context) {
	reader := frame.NewReader(t)
	faults := 0
	for {
		p, err := reader.Next()
		fault, isFault := errors.AsType[*frame.Fault](err)
		switch {
		case isFault:
			t.server.counters.fault(fault.Kind)
			t.answer(frame.AppendRequestAnswer(nil, fault.Address(t.server.o.Now()), fault.Kind.Code()))
			if faults++; faults >= t.server.o.Faults {
				return
			}
			continue
		case err != nil:
			return
		}
		t.server.counters.packets.Add(1)
		if t.take(ctx, p) {
			faults = 0
		}
	}
}

// take hands a packet on, and answers when its message is judged. It tells
// whether the packet was in order.
func (t *talk) take(ctx context.Context, p frame.Packet) bool {
	m, complete, err := t.packets.Add(p)
	if err != nil {
		t.server.counters.fault(frame.BadFlag)
		t.answer(frame.AppendRequestAnswer(nil, frame.AddressOf(p), frame.WrongFlag))
		return false
	}
	if !complete {
		return true
	}
	to, wanted, notice := frame.AddressOf(p), p.WantsAnswer(), string(p.CN) == noticeTime
	t.under <- struct{}{}
	t.server.o.Intake.Take(ctx, m, func(v Verdict) {
		t.server.counters.verdict(v)
		t.finish(to, v, wanted, notice)
	})
	return true
}

// noticeTime is 现场机时间校准请求, which is answered as a notice.
const noticeTime = "1013"

// finish answers one message and gives its place free.
func (t *talk) finish(to frame.Address, v Verdict, wanted, notice bool) {
	var answer []byte
	switch {
	case v.Outcome == Failed: // silence: it will be sent again
	case v.Outcome == Refused:
		answer = frame.AppendRequestAnswer(nil, to, v.Code)
	case !wanted:
	case notice:
		answer = frame.AppendNoticeAnswer(nil, to)
	default:
		answer = frame.AppendDataAnswer(nil, to)
	}
	t.answers <- answer // there is room: the place is given free by the writer
}

// answer sends something that belongs to no message under way.
func (t *talk) answer(text []byte) {
	t.under <- struct{}{}
	t.answers <- text
}

// longestWrite is how long the other end may not take an answer.
const longestWrite = 10 * time.Second

// write sends answers until there are no more, several at once when they wait.
func (t *talk) write() {
	broken := false
	buffer := make([]byte, 0, 4096)
	for first := range t.answers {
		buffer = append(buffer[:0], first...)
		places := 1
		for more := true; more && len(buffer) < 4096; {
			select {
			case next, ok := <-t.answers:
				if more = ok; ok {
					buffer, places = append(buffer, next...), places+1
				}
			default:
				more = false
			}
		}
		if !broken && len(buffer) > 0 {
			_ = t.conn.SetWriteDeadline(time.Now().Add(longestWrite)) // a dead connection fails at writing
			if _, err := t.conn.Write(buffer); err != nil {
				broken = true
				_ = t.conn.Close() // reading ends as well
			}
		}
		for range places {
			<-t.under
		}
	}
}
