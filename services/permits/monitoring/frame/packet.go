package frame

import (
	"bytes"
	"time"
)

// Sizes of HJ 212-2017 chapter 6.3.
const (
	MaxData = 1024 // bytes of a data segment
	MaxCP   = 950  // bytes of a command's parameters
)

// zone is Asia/Shanghai; the standard knows no summer time.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Bits of the field Flag 拆分包及应答标志.
const (
	flagAnswer  = 1 << 0 // A: an answer is wanted
	flagPackets = 1 << 1 // D: packet numbers are present
	version2017 = 1      // bits 2 to 7
)

// Packet 数据包 is one good frame. Its slices lie in the reader's buffer and are
// good until the next call of [Reader.Next]; Clone keeps one.
type Packet struct {
	QN   []byte // 请求编码: yyyymmddhhmmsszzz, names the exchange
	ST   []byte // 系统编码: "31" air source, "32" water source
	CN   []byte // 命令编码: "2061" hourly data
	PW   []byte // 访问密码, six bytes; never log or keep it
	MN   []byte // 设备唯一标识, 24 digits and capital letters
	Flag byte
	PNUM int // 总包数, 0 when the message is one packet
	PNO  int // 包号, from 1
	CP   []byte
	Raw  []byte // the frame from ## to the CRC
}

// WantsAnswer tells whether the sender waits for an answer.
func (p Packet) WantsAnswer() bool { return p.Flag&flagAnswer != 0 }

// Clone returns a packet that does not share the reader's buffer.
func (p Packet) Clone() Packet {
	for _, field := range []*[]byte{&p.QN, &p.ST, &p.CN, &p.PW, &p.MN, &p.CP, &p.Raw} {
		*field = bytes.Clone(*field)
	}
	return p
}

// Sent is the instant that the QN says, in UTC.
func (p Packet) Sent() time.Time {
	t, _ := parseQN(p.QN)
	return t
}

// ParseTime reads yyyymmddhhmmss in Asia/Shanghai and returns it in UTC. A day
// or an hour that does not exist is refused, and so is a year before 2000.
func ParseTime(text []byte) (time.Time, bool) {
	if len(text) != 14 {
		return time.Time{}, false
	}
	var n [6]int
	at := 0
	for i, width := range [...]int{4, 2, 2, 2, 2, 2} {
		v, ok := number(text[at : at+width])
		if !ok {
			return time.Time{}, false
		}
		n[i], at = v, at+width
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone)
	exists := n[0] >= 2000 && t.Month() == time.Month(n[1]) && t.Day() == n[2] && t.Hour() == n[3] && t.Minute() == n[4] && t.Second() == n[5]
	return t.UTC(), exists
}

// FormatTime is the inverse of [ParseTime].
func FormatTime(t time.Time) string { return t.In(zone).Format("20060102150405") }

// FormatQN writes an instant as a request number.
func FormatQN(t time.Time) string {
	t = t.In(zone)
	ms := t.Nanosecond() / int(time.Millisecond)
	return t.Format("20060102150405") + string([]byte{'0' + byte(ms/100), '0' + byte(ms/10%10), '0' + byte(ms%10)})
}

func parseQN(text []byte) (time.Time, bool) {
	if len(text) != 17 {
		return time.Time{}, false
	}
	t, ok := ParseTime(text[:14])
	ms, digits := number(text[14:])
	return t.Add(time.Duration(ms) * time.Millisecond), ok && digits
}

// number reads a short run of decimal digits.
func number(text []byte) (int, bool) {
	n := 0
	for _, b := range text {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int(b-'0')
	}
	return n, len(text) > 0 && len(text) <= 9
}

// IsMN tells whether a text has the form of a device's MN.
func IsMN(text string) bool { return isMN([]byte(text)) }

// isMN accepts 24 digits and capital letters. The standard asks for
// hexadecimal digits (EPC-96); numbers in use have other letters as well.
func isMN(text []byte) bool {
	if len(text) != 24 {
		return false
	}
	for _, b := range text {
		if (b < '0' || b > '9') && (b < 'A' || b > 'Z') {
			return false
		}
	}
	return true
}

// parse reads the fields of a data segment whose CRC is right.
func parse(data []byte) (p Packet, wrong Kind) {
	head, tail, found := bytes.Cut(data, []byte("CP=&&"))
	if !found || !bytes.HasSuffix(tail, []byte("&&")) {
		return p, Form
	}
	p.CP = tail[:len(tail)-2]
	if len(p.CP) > MaxCP {
		return p, Form
	}
	var flag, pnum, pno []byte
	for len(head) > 0 {
		var field []byte
		field, head, _ = bytes.Cut(head, []byte{';'})
		name, value, _ := bytes.Cut(field, []byte{'='})
		into := place(string(name), &p, &flag, &pnum, &pno)
		switch {
		case into == nil: // a field of a later edition
		case *into != nil:
			return p, Form // twice
		default:
			*into = value
		}
	}
	return p, p.check(flag, pnum, pno)
}

// place says where the value of a field goes; names are case-sensitive.
func place(name string, p *Packet, flag, pnum, pno *[]byte) *[]byte {
	switch name {
	case "QN":
		return &p.QN
	case "ST":
		return &p.ST
	case "CN":
		return &p.CN
	case "PW":
		return &p.PW
	case "MN":
		return &p.MN
	case "Flag":
		return flag
	case "PNUM":
		return pnum
	case "PNO":
		return pno
	}
	return nil
}

// check tells the first field that the standard does not allow.
func (p *Packet) check(flag, pnum, pno []byte) Kind {
	_, qn := parseQN(p.QN)
	_, st := number(p.ST)
	_, cn := number(p.CN)
	f, numeric := number(flag)
	switch {
	case !qn:
		return BadQN
	case !st || len(p.ST) != 2:
		return BadST
	case !cn || len(p.CN) != 4:
		return BadCN
	case !isMN(p.MN):
		return BadMN
	case len(p.PW) != 6:
		return BadPW
	case !numeric || f > 0xFF || f>>2 != version2017:
		return BadFlag
	}
	p.Flag = byte(f)
	if p.Flag&flagPackets == 0 {
		if pnum != nil || pno != nil {
			return BadFlag
		}
		return 0
	}
	var okNum, okNo bool
	p.PNUM, okNum = number(pnum)
	p.PNO, okNo = number(pno)
	if !okNum || !okNo || p.PNUM < 1 || p.PNUM > MaxPackets || p.PNO < 1 || p.PNO > p.PNUM {
		return BadFlag
	}
	return 0
}
