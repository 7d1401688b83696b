package frame

import (
	"strconv"
	"time"
)

// Return is the code QnRtn of a request answer (HJ 212-2017 table 7).
type Return int

// The codes.
const (
	Ready     Return = 1
	Refused   Return = 2
	WrongPW   Return = 3
	WrongMN   Return = 4
	WrongST   Return = 5
	WrongFlag Return = 6
	WrongQN   Return = 7
	WrongCN   Return = 8
	WrongCRC  Return = 9
	Unknown   Return = 100
)

// Result is the code ExeRtn of an execution result (HJ 212-2017 table 6).
type Result int

// The codes.
const (
	Done       Result = 1
	Failed     Result = 2
	BadRequest Result = 3
	TimedOut   Result = 4
	Busy       Result = 5
	Broken     Result = 6
	NoData     Result = 100
)

// Address says to whom and about which exchange something is sent.
type Address struct{ QN, PW, MN string }

// unknownMN and unknownPW stand where nothing could be read: the form of the
// frame must stay right.
const (
	unknownMN = "000000000000000000000000"
	unknownPW = "000000"
)

// AddressOf is whom a packet comes from.
func AddressOf(p Packet) Address { return Address{string(p.QN), string(p.PW), string(p.MN)} }

// Address is whom a faulty frame comes from, as far as it can be read; now
// stands for a QN that cannot be.
func (f *Fault) Address(now time.Time) Address {
	a := Address{f.QN, f.PW, f.MN}
	if _, ok := parseQN([]byte(a.QN)); !ok {
		a.QN = FormatQN(now)
	}
	if a.PW == "" {
		a.PW = unknownPW
	}
	if a.MN == "" {
		a.MN = unknownMN
	}
	return a
}

// AppendRequestAnswer adds 请求应答 9011: a request is taken on, or why not.
func AppendRequestAnswer(dst []byte, a Address, code Return) []byte {
	return appendAnswer(dst, a, "9011", "QnRtn="+strconv.Itoa(int(code)))
}

// AppendExecutionResult adds 执行结果 9012.
func AppendExecutionResult(dst []byte, a Address, code Result) []byte {
	return appendAnswer(dst, a, "9012", "ExeRtn="+strconv.Itoa(int(code)))
}

// AppendNoticeAnswer adds 通知应答 9013.
func AppendNoticeAnswer(dst []byte, a Address) []byte { return appendAnswer(dst, a, "9013", "") }

// AppendDataAnswer adds 数据应答 9014: the data were taken in.
func AppendDataAnswer(dst []byte, a Address) []byte { return appendAnswer(dst, a, "9014", "") }

// appendAnswer writes a frame of the system 91 (exchange between both ends)
// that itself wants no answer.
func appendAnswer(dst []byte, a Address, cn, cp string) []byte {
	return AppendFrame(dst, "QN="+a.QN+";ST=91;CN="+cn+";PW="+a.PW+";MN="+a.MN+";Flag=4;CP=&&"+cp+"&&")
}

// AppendFrame wraps a data segment of at most [MaxData] bytes: begin, length,
// CRC and end.
func AppendFrame(dst []byte, segment string) []byte {
	n := len(segment)
	dst = append(dst, '#', '#', '0'+byte(n/1000%10), '0'+byte(n/100%10), '0'+byte(n/10%10), '0'+byte(n%10))
	from := len(dst)
	dst = append(dst, segment...)
	crc := CRC(dst[from:])
	const upper = "0123456789ABCDEF"
	return append(dst, upper[crc>>12], upper[crc>>8&0xF], upper[crc>>4&0xF], upper[crc&0xF], '\r', '\n')
}
