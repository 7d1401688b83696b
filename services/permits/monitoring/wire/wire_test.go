package wire_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/wire"
)

const hourly = "QN=20260310110005456;ST=31;CN=2061;PW=123456;MN=62060200A0000100000000A1;Flag=5;CP=&&DataTime=20260310100000;a21026-Avg=28.2,a21026-Flag=N&&"

// store is an intake that keeps what it is given.
type store struct {
	mu      sync.Mutex
	kept    []string
	verdict func(m frame.Message) wire.Verdict
	hold    chan struct{} // if set, every message waits for it
}

func (s *store) Take(_ context.Context, m frame.Message, done func(wire.Verdict)) {
	raw := string(m.Raw)
	v := wire.Verdict{Outcome: wire.Stored}
	if s.verdict != nil {
		v = s.verdict(m)
	}
	go func() {
		if s.hold != nil {
			<-s.hold
		}
		s.mu.Lock()
		s.kept = append(s.kept, raw)
		s.mu.Unlock()
		done(v)
	}()
}

func (s *store) has() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.kept...)
}

func listen(t *testing.T, o wire.Options) (*wire.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := wire.New(o)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(server.Close(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return server, l.Addr().String()
}

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func ask(t *testing.T, conn net.Conn, r *bufio.Reader, text string) string {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func framed(segment string) string { return string(frame.AppendFrame(nil, segment)) }

// A frame with any byte changed is counted and answered, and is never data.
func TestAnyByteChangedIsAnsweredAndNeverStored(t *testing.T) {
	s := &store{}
	server, addr := listen(t, wire.Options{Intake: s, Faults: 1 << 20})
	conn, r := dial(t, addr)
	good := framed(hourly)
	for i := range len(good) {
		broken := []byte(good)
		broken[i] ^= 0x01
		answer := ask(t, conn, r, string(broken))
		if !strings.Contains(answer, ";CN=9011;") || !strings.Contains(answer, "QnRtn=") || strings.Contains(answer, "QnRtn=1&&") {
			t.Fatalf("byte %d: answered %q", i, answer)
		}
		if answer := ask(t, conn, r, good); !strings.Contains(answer, ";CN=9014;") {
			t.Fatalf("the good frame after byte %d: answered %q", i, answer)
		}
	}
	for _, kept := range s.has() {
		if kept+"\r\n" != good {
			t.Fatalf("kept %q", kept)
		}
	}
	stats, faults := server.Stats(), int64(0)
	for _, n := range stats.Faults {
		faults += n
	}
	if stats.Stored != int64(len(good)) || faults != int64(len(good)) {
		t.Errorf("%d stored and %d faults for %d changes", stats.Stored, faults, len(good))
	}
}

func TestAnswersByVerdict(t *testing.T) {
	var v wire.Verdict
	s := &store{verdict: func(frame.Message) wire.Verdict { return v }}
	_, addr := listen(t, wire.Options{Intake: s})
	conn, r := dial(t, addr)
	for _, c := range []struct {
		verdict wire.Verdict
		segment string
		want    string
	}{
		{wire.Verdict{Outcome: wire.Stored}, hourly, "CN=9014;PW=123456;MN=62060200A0000100000000A1;Flag=4;CP=&&&&"},
		{wire.Verdict{Outcome: wire.Repeated}, hourly, "CN=9014;"},
		{wire.Verdict{Outcome: wire.Refused, Code: frame.WrongMN, Why: "mn"}, hourly, "QnRtn=4&&"},
		{wire.Verdict{Outcome: wire.Refused, Code: frame.WrongPW, Why: "pw"}, strings.Replace(hourly, "Flag=5", "Flag=4", 1), "QnRtn=3&&"},
		{wire.Verdict{Outcome: wire.Noticed}, strings.Replace(hourly, "CN=2061", "CN=1013", 1), "CN=9013;"},
	} {
		v = c.verdict
		if answer := ask(t, conn, r, framed(c.segment)); !strings.Contains(answer, c.want) || !strings.HasPrefix(answer[6:], "QN=20260310110005456;ST=91;") {
			t.Errorf("%+v: answered %q", c.verdict, answer)
		}
	}
	// What wants no answer, and what could not be stored, is met by silence:
	// the next answer is that of the next frame.
	v = wire.Verdict{Outcome: wire.Stored}
	quiet := framed(strings.Replace(hourly, "Flag=5", "Flag=4", 1))
	if answer := ask(t, conn, r, quiet+framed(strings.Replace(hourly, "456;ST", "789;ST", 1))); !strings.Contains(answer, "QN=20260310110005789") {
		t.Errorf("answered %q", answer)
	}
}

// A message in two packets is taken once, whole.
func TestPackets(t *testing.T) {
	var cp string
	s := &store{verdict: func(m frame.Message) wire.Verdict { cp = string(m.CP); return wire.Verdict{Outcome: wire.Stored} }}
	_, addr := listen(t, wire.Options{Intake: s})
	conn, r := dial(t, addr)
	part := func(no, cp string) string {
		return framed("QN=20260310110005456;ST=31;CN=2061;PW=123456;MN=62060200A0000100000000A1;Flag=7;PNUM=2;PNO=" + no + ";CP=&&" + cp + "&&")
	}
	if answer := ask(t, conn, r, part("2", "a21002-Avg=1")+part("1", "DataTime=20260310100000;a21026-Avg=2")); !strings.Contains(answer, "CN=9014") {
		t.Errorf("answered %q", answer)
	}
	if cp != "DataTime=20260310100000;a21026-Avg=2;a21002-Avg=1" {
		t.Errorf("took %q", cp)
	}
}

// When messages cannot be stored, no more than the limit is under way: the rest
// stays in the connection.
func TestBackpressure(t *testing.T) {
	s := &store{hold: make(chan struct{})}
	server, addr := listen(t, wire.Options{Intake: s, UnderWay: 4})
	conn, r := dial(t, addr)
	if _, err := conn.Write([]byte(strings.Repeat(framed(hourly), 100))); err != nil {
		t.Fatal(err)
	}
	for server.Stats().Packets < 5 { // the fifth waits for a place
		runtime.Gosched()
	}
	if n := server.Stats().Packets; n > 5 {
		t.Errorf("%d packets were read with four places", n)
	}
	close(s.hold)
	for range 100 {
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.has()); n != 100 {
		t.Errorf("%d of 100 were taken", n)
	}
}

// Connections beyond the limit are turned away, and so is who sends nothing but
// faults, or nothing.
func TestLimits(t *testing.T) {
	server, addr := listen(t, wire.Options{Intake: &store{}, Connections: 1, Faults: 3, Idle: time.Hour})
	conn, r := dial(t, addr)
	ask(t, conn, r, framed(hourly))
	_, second := dial(t, addr)
	if _, err := second.ReadByte(); err == nil {
		t.Error("a second connection was let in")
	}
	for range 2 {
		ask(t, conn, r, "garbage\r\n")
	}
	ask(t, conn, r, "garbage\r\n")
	if _, err := r.ReadByte(); err == nil {
		t.Error("the connection outlived three faults in a row")
	}
	if server.Stats().TurnedAway != 1 {
		t.Errorf("%+v", server.Stats())
	}
}

func TestSilenceEndsAConnection(t *testing.T) {
	_, addr := listen(t, wire.Options{Intake: &store{}, Idle: 20 * time.Millisecond})
	_, r := dial(t, addr)
	if _, err := r.ReadByte(); err == nil {
		t.Error("bytes from nowhere")
	} else if ne, is := errors.AsType[net.Error](err); is && ne.Timeout() {
		t.Error("the silent connection stays open")
	}
}

// Closing sends the answers of what is under way.
func TestCloseAnswersWhatIsUnderWay(t *testing.T) {
	s := &store{hold: make(chan struct{})}
	server, addr := listen(t, wire.Options{Intake: s})
	conn, r := dial(t, addr)
	if _, err := conn.Write([]byte(framed(hourly))); err != nil {
		t.Fatal(err)
	}
	for server.Stats().Packets == 0 {
		runtime.Gosched()
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close(t.Context()) }()
	close(s.hold)
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "CN=9014") {
		t.Errorf("%q, %v", line, err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// A bureau that ends while it begins leaves nobody listening.
func TestClosedBeforeItListens(t *testing.T) {
	server := wire.New(wire.Options{})
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(listener); err != nil {
		t.Fatal(err)
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("somebody still listens")
	}
}
