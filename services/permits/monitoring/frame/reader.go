package frame

import (
	"bytes"
	"io"
)

const (
	headBytes = 6                               // ## and the length
	tailBytes = 6                               // CRC and CR LF
	maxFrame  = headBytes + MaxData + tailBytes // of a whole frame
	capacity  = 8 * maxFrame                    // of the buffer
)

// Reader takes frames from a stream of bytes. It keeps one buffer of 8 KiB and
// allocates nothing for a good frame. Use it from one goroutine.
type Reader struct {
	source     io.Reader
	buf        []byte
	start, end int
	lost       bool // a fault was told; what follows up to the next frame belongs to it
	err        error
}

// NewReader returns a reader of source.
func NewReader(source io.Reader) *Reader {
	return &Reader{source: source, buf: make([]byte, capacity)}
}

// Next returns the next good frame, good until the next call. An error is a
// *[Fault], after which the reader goes on with the next frame, or that of the
// source, which is final.
func (r *Reader) Next() (Packet, error) {
	for {
		p, fault, done := r.take()
		switch {
		case fault != nil:
			return Packet{}, fault
		case done:
			return p, nil
		case r.err != nil:
			return Packet{}, r.finish()
		}
		r.fill()
	}
}

// Buffered tells how many bytes were read and not yet looked at.
func (r *Reader) Buffered() int { return r.end - r.start }

func (r *Reader) fill() {
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	n, err := r.source.Read(r.buf[r.end:])
	r.end += n
	r.err = err
}

// finish tells what was cut off by the end of the source, once.
func (r *Reader) finish() error {
	rest := r.buf[r.start:r.end]
	r.start = r.end
	if len(bytes.Trim(rest, "\r\n")) == 0 || r.lost && !bytes.HasPrefix(rest, begin) {
		return r.err
	}
	r.lost = false
	return faultOf(Cut, rest)
}

var (
	begin  = []byte("##")
	ending = []byte("\r\n")
)

// take looks for one frame in what is buffered. Neither a fault nor done means
// that more bytes are needed.
func (r *Reader) take() (p Packet, fault *Fault, done bool) {
	if fault := r.skip(); fault != nil {
		return Packet{}, fault, false
	}
	data := r.buf[r.start:r.end]
	if len(data) < headBytes {
		return Packet{}, nil, false
	}
	n, ok := number(data[2:headBytes])
	if !bytes.HasPrefix(data, begin) {
		return Packet{}, nil, false // a single # at the end of what is here
	}
	if !ok || n > MaxData {
		return Packet{}, r.fault(Length), false
	}
	if early := data[headBytes:min(len(data), headBytes+n+4)]; bytes.IndexByte(early, '\n') >= 0 || bytes.IndexByte(early, '\r') >= 0 {
		return Packet{}, r.fault(Length), false
	}
	total := headBytes + n + tailBytes
	if len(data) < total {
		return Packet{}, nil, false
	}
	segment := data[headBytes : headBytes+n]
	switch {
	case !checked(segment, data[headBytes+n:total-2]):
		return Packet{}, r.fault(Checksum), false
	case !bytes.Equal(data[total-2:total], ending):
		return Packet{}, r.fault(Ending), false
	}
	p, wrong := parse(segment)
	if wrong != 0 {
		fault := faultOf(wrong, data[:total])
		r.start += total
		r.lost = false
		return Packet{}, fault, false
	}
	p.Raw = data[:total-2]
	r.start += total
	r.lost = false
	return p, nil, true
}

// skip passes over what is no frame: up to the next begin, or a whole line. It
// is told once, however much it is.
func (r *Reader) skip() *Fault {
	for {
		data := r.buf[r.start:r.end]
		if bytes.HasPrefix(data, begin) || len(data) == 0 || len(data) == 1 && data[0] == '#' {
			return nil
		}
		at, line := bytes.Index(data, begin), bytes.IndexByte(data, '\n')
		switch {
		case at >= 0 && (line < 0 || at < line):
		case line >= 0:
			at = line + 1
		case r.lost || len(data) >= maxFrame || r.err != nil:
			at = len(data)
			if data[at-1] == '#' {
				at--
			}
			if at == 0 {
				return nil
			}
		default:
			return nil // it may yet become a line
		}
		passed := data[:at]
		r.start += at
		if r.lost || len(bytes.Trim(passed, "\r\n")) == 0 {
			r.lost = r.lost && passed[at-1] != '\n'
			continue
		}
		r.lost = passed[at-1] != '\n'
		return faultOf(Garbage, passed)
	}
}

// fault gives up the frame that begins here and what follows it up to the next
// begin or line.
func (r *Reader) fault(kind Kind) *Fault {
	data := r.buf[r.start:r.end]
	rest := data[len(begin):]
	stop := len(rest)
	if at := bytes.Index(rest, begin); at >= 0 {
		stop = at
	}
	if at := bytes.IndexByte(rest[:stop], '\n'); at >= 0 {
		stop = at + 1
	}
	f := faultOf(kind, data[:len(begin)+stop])
	if signs := len(data) - len(bytes.TrimLeft(data, "#")); signs > len(begin) {
		r.start += signs - len(begin) // of "####" the last two may begin a frame
	} else {
		r.start += len(begin)
	}
	r.lost = true
	return f
}

// checked compares a segment with its CRC as written: four digits, upper case.
func checked(segment, written []byte) bool {
	const upper = "0123456789ABCDEF"
	crc := CRC(segment)
	return written[0] == upper[crc>>12] && written[1] == upper[crc>>8&0xF] &&
		written[2] == upper[crc>>4&0xF] && written[3] == upper[crc&0xF]
}

func after(raw []byte, name string, width int, good func([]byte) bool) string {
	at := bytes.Index(raw, []byte(name))
	if at < 0 || at+len(name)+width > len(raw) {
		return ""
	}
	value := raw[at+len(name) : at+len(name)+width]
	if !good(value) {
		return ""
	}
	return string(value)
}

func digits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
