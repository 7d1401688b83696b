package frame

import "fmt"

// Kind is what is wrong with a frame.
type Kind int

// The kinds, from the outside in.
const (
	Garbage  Kind = iota + 1 // bytes between frames
	Length                   // the length is no number, too large, or not that of the segment
	Checksum                 // the CRC is another, or not in upper case
	Ending                   // no CR LF after the CRC
	Cut                      // the connection ended inside a frame
	Form                     // the data segment has no parameters, or a field twice
	BadQN
	BadST
	BadCN
	BadMN
	BadPW
	BadFlag
)

var kindNames = map[Kind]string{
	Garbage: "garbage", Length: "length", Checksum: "crc", Ending: "ending", Cut: "cut", Form: "form",
	BadQN: "qn", BadST: "st", BadCN: "cn", BadMN: "mn", BadPW: "pw", BadFlag: "flag",
}

// String names the kind for counters: "crc".
func (k Kind) String() string { return kindNames[k] }

// Code is the return code QnRtn by which the kind is answered (HJ 212-2017
// table 7).
func (k Kind) Code() Return {
	switch k {
	case Checksum:
		return WrongCRC
	case BadQN:
		return WrongQN
	case BadST:
		return WrongST
	case BadCN:
		return WrongCN
	case BadMN:
		return WrongMN
	case BadPW:
		return WrongPW
	case BadFlag:
		return WrongFlag
	case Garbage, Length, Ending, Cut, Form:
		return Unknown
	}
	return Unknown
}

// Fault is what came instead of a good frame. It never holds data: QN and MN
// are only whom to answer, and only as far as they could be read.
type Fault struct { //nolint:errname // a fault of the wire, told to the meter as well
	Kind   Kind
	Bytes  int    // how many were passed over with it, as far as known when it was told
	ST, PW string // as read from the faulty frame; "" if unreadable
	QN, MN string
}

// Error implements error; it names no password.
func (f *Fault) Error() string { return fmt.Sprintf("frame: %s, %d bytes", f.Kind, f.Bytes) }

// faultOf reads from a faulty frame whom to answer, if it can be read at all.
func faultOf(kind Kind, raw []byte) *Fault {
	f := &Fault{Kind: kind, Bytes: len(raw)}
	if len(raw) > MaxData+12 {
		raw = raw[:MaxData+12]
	}
	f.QN = after(raw, "QN=", 17, digits)
	f.MN = after(raw, "MN=", 24, isMN)
	f.ST = after(raw, "ST=", 2, digits)
	f.PW = after(raw, "PW=", 6, func([]byte) bool { return true })
	return f
}
