package frame_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"shiyang/services/permits/monitoring/frame"
)

// Five packets whose checks were computed elsewhere.
var packets = []string{
	"##0287QN=20260310101500123;ST=31;CN=2011;PW=123456;MN=62060200A0000100000000A1;Flag=5;CP=&&DataTime=20260310101500;a21026-Rtd=28.4,a21026-Flag=N;a21002-Rtd=41.7,a21002-Flag=N;a34013-Rtd=6.2,a34013-Flag=N;a19001-Rtd=8.9,a19001-Flag=N;a01011-Rtd=9.8,a01011-Flag=N;a00000-Rtd=42.6,a00000-Flag=N&&7800",
	"##0354QN=20260310110005456;ST=31;CN=2061;PW=123456;MN=62060200A0000100000000A1;Flag=5;CP=&&DataTime=20260310100000;a21026-Cou=4.3120,a21026-Min=24.1,a21026-Avg=28.2,a21026-Max=33.0,a21026-ZsAvg=29.6,a21026-Flag=N;a21002-Cou=6.3360,a21002-Min=36.5,a21002-Avg=41.4,a21002-Max=47.9,a21002-ZsAvg=43.5,a21002-Flag=N;a00000-Cou=152908,a00000-Avg=42.5,a00000-Flag=N&&9301",
	"##0318QN=20260311000010789;ST=32;CN=2031;PW=123456;MN=62062100W0000200000000B2;Flag=5;CP=&&DataTime=20260310000000;w01018-Cou=112.320,w01018-Min=31.2,w01018-Avg=46.8,w01018-Max=58.9,w01018-Flag=N;w21003-Cou=9.840,w21003-Min=2.10,w21003-Avg=4.10,w21003-Max=6.35,w21003-Flag=N;w00000-Cou=2400.0,w00000-Avg=27.8,w00000-Flag=N&&ACC1",
	"##0265QN=20260310144005001;ST=32;CN=2051;PW=123456;MN=62062100W0000200000000B2;Flag=5;CP=&&DataTime=20260310143000;w01018-Cou=0.000,w01018-Min=0.0,w01018-Avg=0.0,w01018-Max=0.0,w01018-Flag=D;w21003-Cou=0.041,w21003-Min=2.30,w21003-Avg=2.45,w21003-Max=2.60,w21003-Flag=N&&B981",
	"##0087QN=20260310101501123;ST=91;CN=9014;PW=123456;MN=62060200A0000100000000A1;Flag=4;CP=&&&&DD01",
}

func TestPublishedPackets(t *testing.T) {
	stream := strings.Join(packets, "\r\n") + "\r\n"
	for name, source := range map[string]io.Reader{
		"at once": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream)),
		"with its end": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		t.Run(name, func(t *testing.T) {
			r := frame.NewReader(source)
			for i, want := range packets {
				p, err := r.Next()
				if err != nil || string(p.Raw) != want {
					t.Fatalf("packet %d: %v, raw %q", i+1, err, p.Raw)
				}
			}
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("after the last: %v", err)
			}
		})
	}
}

func first(t *testing.T, text string) frame.Packet {
	t.Helper()
	p, err := frame.NewReader(strings.NewReader(text + "\r\n")).Next()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDataOfAnHour(t *testing.T) {
	p := first(t, packets[1])
	d, err := frame.ParseData(p.CP)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC); !d.Time.Equal(want) || len(d.Readings) != 3 {
		t.Fatalf("time %s, %d readings", d.Time, len(d.Readings))
	}
	want := frame.Reading{Pollutant: "a21026", Cou: "4.3120", Min: "24.1", Avg: "28.2", Max: "33.0", ZsAvg: "29.6", Flag: "N"}
	if d.Readings[0] != want {
		t.Errorf("got %+v", d.Readings[0])
	}
	if !p.WantsAnswer() || string(p.MN) != "62060200A0000100000000A1" || string(p.CN) != "2061" {
		t.Errorf("head %+v", p)
	}
	if at := frame.FormatQN(p.Sent()); at != "20260310110005456" {
		t.Errorf("QN again: %s", at)
	}
}

func TestAnswers(t *testing.T) {
	a := frame.Address{QN: "20260310101501123", PW: "123456", MN: "62060200A0000100000000A1"}
	if got := string(frame.AppendDataAnswer(nil, a)); got != packets[4]+"\r\n" {
		t.Errorf("data answer %q", got)
	}
	for _, answer := range [][]byte{
		frame.AppendRequestAnswer(nil, a, frame.WrongCRC), frame.AppendExecutionResult(nil, a, frame.NoData), frame.AppendNoticeAnswer(nil, a),
	} {
		if _, err := frame.NewReader(bytes.NewReader(answer)).Next(); err != nil {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// A frame with any byte changed is told as a fault, is never data, and does
// not hide the frame after it.
func TestAnyByteChanged(t *testing.T) {
	for _, packet := range packets {
		whole := packet + "\r\n"
		for i := range len(whole) {
			for _, change := range []byte{whole[i] ^ 0x01, whole[i] ^ 0x20, whole[i] + 1, '#', '\n', '\r', '0', 0, 0xFF} {
				if change == whole[i] {
					continue
				}
				broken := []byte(whole)
				broken[i] = change
				faults, good := readAll(t, string(broken)+packets[1]+"\r\n")
				if faults == 0 {
					t.Fatalf("byte %d → %q was not noticed in %q", i, change, packet)
				}
				if len(good) != 1 || good[0] != packets[1] {
					t.Fatalf("byte %d → %q: read %q", i, change, good)
				}
			}
		}
	}
}

// The fault is told as soon as the line is there: it does not wait for bytes
// that a wrong length promises.
func TestFaultsDoNotWait(t *testing.T) {
	for i := range len(packets[0]) {
		broken := []byte(packets[0] + "\r\n")
		broken[i] ^= 0x01
		r := frame.NewReader(&blocking{rest: broken})
		var fault *frame.Fault
		if _, err := r.Next(); !errors.As(err, &fault) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// blocking gives its bytes and then fails the test's expectation by an error
// that is no fault.
type blocking struct{ rest []byte }

var errWouldWait = errors.New("would wait for ever")

func (b *blocking) Read(into []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, errWouldWait
	}
	n := copy(into, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func readAll(t *testing.T, stream string) (faults int, good []string) {
	t.Helper()
	r := frame.NewReader(strings.NewReader(stream))
	for {
		p, err := r.Next()
		var fault *frame.Fault
		switch {
		case err == nil:
			good = append(good, string(p.Raw))
		case errors.As(err, &fault):
			faults++
		case errors.Is(err, io.EOF):
			return faults, good
		default:
			t.Fatal(err)
		}
	}
}

func TestFaultsAndTheirCodes(t *testing.T) {
	segment := func(change ...string) string {
		s := strings.NewReplacer(change...).Replace("QN=20260310101500123;ST=31;CN=2011;PW=123456;MN=62060200A0000100000000A1;Flag=5;CP=&&DataTime=20260310101500&&")
		return string(frame.AppendFrame(nil, s))
	}
	lower := strings.TrimSuffix(packets[2], "ACC1") + "acc1\r\n"
	for name, c := range map[string]struct {
		text string
		kind frame.Kind
		code frame.Return
	}{
		"lower-case CRC":   {lower, frame.Checksum, frame.WrongCRC},
		"length 0286":      {"##0286" + packets[0][6:] + "\r\n", frame.Checksum, frame.WrongCRC},
		"length too large": {"##1025" + packets[0][6:] + "\r\n", frame.Length, frame.Unknown},
		"garbage":          {"hello\r\n", frame.Garbage, frame.Unknown},
		"cut":              {packets[0][:100], frame.Cut, frame.Unknown},
		"MN of 23":         {segment("MN=62060200A0000100000000A1", "MN=62060200A0000100000000A"), frame.BadMN, frame.WrongMN},
		"MN in lower case": {segment("A0000100000000A1", "a0000100000000a1"), frame.BadMN, frame.WrongMN},
		"field in lower":   {segment("QN=", "qn="), frame.BadQN, frame.WrongQN},
		"no such day":      {segment("QN=20260310", "QN=20260230"), frame.BadQN, frame.WrongQN},
		"short PW":         {segment("PW=123456", "PW=12345"), frame.BadPW, frame.WrongPW},
		"no ST":            {segment("ST=31;", ""), frame.BadST, frame.WrongST},
		"CN of letters":    {segment("CN=2011", "CN=abcd"), frame.BadCN, frame.WrongCN},
		"version 2005":     {segment("Flag=5", "Flag=1"), frame.BadFlag, frame.WrongFlag},
		"packets missing":  {segment("Flag=5", "Flag=7"), frame.BadFlag, frame.WrongFlag},
		"PNO above PNUM":   {segment("Flag=5", "Flag=7;PNUM=2;PNO=3"), frame.BadFlag, frame.WrongFlag},
		"too many packets": {segment("Flag=5", "Flag=7;PNUM=9999;PNO=1"), frame.BadFlag, frame.WrongFlag},
		"QN twice":         {segment("ST=31", "ST=31;QN=20260310101500123"), frame.Form, frame.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := frame.NewReader(strings.NewReader(c.text)).Next()
			var fault *frame.Fault
			if !errors.As(err, &fault) || fault.Kind != c.kind || fault.Kind.Code() != c.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A frame that was cut off by the next one does not take it along.
func TestCutFrameBeforeAGoodOne(t *testing.T) {
	for at := 1; at < len(packets[0]); at++ {
		faults, good := readAll(t, packets[0][:at]+packets[3]+"\r\n"+packets[4]+"\r\n")
		if faults != 1 || len(good) != 2 {
			t.Fatalf("cut at %d: %d faults, %d good", at, faults, len(good))
		}
	}
}

func TestPacketsOfAMessage(t *testing.T) {
	part := func(qn, no, cp string) frame.Packet {
		s := "QN=" + qn + ";ST=31;CN=2061;PW=123456;MN=62060200A0000100000000A1;Flag=7;PNUM=2;PNO=" + no + ";CP=&&" + cp + "&&"
		return first(t, strings.TrimSuffix(string(frame.AppendFrame(nil, s)), "\r\n"))
	}
	var a frame.Assembler
	one := part("20260310110005456", "1", "DataTime=20260310100000;a21026-Avg=28.2,a21026-Flag=N")
	two := part("20260310110005456", "2", "DataTime=20260310100000;a21002-Avg=41.4,a21002-Flag=N")
	for _, p := range []frame.Packet{two, two} { // the last first, and twice
		if _, complete, err := a.Add(p); complete || err != nil {
			t.Fatal(complete, err)
		}
	}
	if _, _, err := a.Add(part("20260310110005456", "2", "DataTime=20260310100000")); !errors.Is(err, frame.ErrPackets) {
		t.Errorf("other content of the same packet: %v", err)
	}
	m, complete, err := a.Add(one)
	if err != nil || !complete || len(m.Raws) != 2 {
		t.Fatal(complete, err)
	}
	d, err := frame.ParseData(m.CP)
	if err != nil || len(d.Readings) != 2 || d.Readings[0].Pollutant != "a21026" {
		t.Errorf("%v %+v", err, d)
	}
	for i := range 40 {
		if _, complete, err := a.Add(part("202603101100054"+string([]byte{'0' + byte(i/10), '0' + byte(i%10)}), "1", "")); complete || err != nil {
			t.Fatal(complete, err)
		}
	}
	if a.Forgotten != 24 {
		t.Errorf("forgot %d of 40 open messages", a.Forgotten)
	}
}

func TestWhatIsNoData(t *testing.T) {
	for _, cp := range []string{
		"", "a21026-Avg=1", "DataTime=20260310101500;a21026-Avg=1e3", "DataTime=20260310101500;a21026-Avg=0x1",
		"DataTime=20260310101500;a21026-Avg=1,a21026-Avg=2", "DataTime=20260310250000", "DataTime=20260310101500;a21026-Avg=.",
		"DataTime=20260310101500;DataTime=20260310101600", "DataTime=20260310101500;A2102X-Avg=1", "DataTime=20260310101500;;x",
	} {
		if d, err := frame.ParseData([]byte(cp)); !errors.Is(err, frame.ErrData) {
			t.Errorf("%q: %+v, %v", cp, d, err)
		}
	}
}

// The reader survives anything, tells everything that is no frame, and gives
// only frames whose check is right.
func FuzzReader(f *testing.F) {
	for _, p := range packets {
		f.Add([]byte(p + "\r\n"))
	}
	f.Add([]byte("##0004####\r\n##9999"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := frame.NewReader(bytes.NewReader(stream))
		for range len(stream) + 2 {
			p, err := r.Next()
			var fault *frame.Fault
			switch {
			case err == nil:
				whole := frame.AppendFrame(nil, string(p.Raw[6:len(p.Raw)-4]))
				if !bytes.Equal(whole, append(p.Raw[:len(p.Raw):len(p.Raw)], '\r', '\n')) || !bytes.Contains(stream, whole) {
					t.Fatalf("no frame: %q", p.Raw)
				}
				_, _ = frame.ParseData(p.CP)
			case !errors.As(err, &fault):
				return
			}
		}
		t.Fatal("the reader does not come to an end")
	})
}

func TestGoodFramesCostNoMemory(t *testing.T) {
	stream := []byte(strings.Repeat(packets[0]+"\r\n", 20))
	r := frame.NewReader(&endless{stream: stream})
	if n := testing.AllocsPerRun(500, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

type endless struct {
	stream []byte
	at     int
}

func (e *endless) Read(into []byte) (int, error) {
	n := copy(into, e.stream[e.at:])
	e.at = (e.at + n) % len(e.stream)
	return n, nil
}
