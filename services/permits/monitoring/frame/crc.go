package frame

// poly is the reversed polynomial of HJ 212-2017 Appendix A.
const poly = 0xA001

var crcTable = func() (t [256]uint16) {
	for i := range t {
		reg := uint16(i)
		for range 8 {
			low := reg & 1
			reg >>= 1
			if low == 1 {
				reg ^= poly
			}
		}
		t[i] = reg
	}
	return t
}()

// CRC is the check of a data segment by HJ 212-2017 Appendix A. It is not the
// CRC-16 of Modbus: before each byte the register is shifted by eight bits,
// and the byte meets what was its high half.
func CRC(data []byte) uint16 {
	reg := uint16(0xFFFF)
	for _, b := range data {
		// eight steps of (reg>>8)^b: both halves of it go through the same
		// linear shift, and the high half is empty.
		reg = crcTable[byte(reg>>8)^b]
	}
	return reg
}
