// Package frame reads and writes the messages of automatic pollution meters
// 污染物在线监控 in the form of HJ 212-2017: text frames over a byte stream.
//
//	##0287QN=…;ST=31;CN=2061;PW=…;MN=…;Flag=5;CP=&&…&&9301␍␊
//	│ │   └ data segment, at most 1,024 bytes         │    └ always CR LF
//	│ └ its length, four decimal digits               └ CRC of the data segment, upper case
//	└ begin
//
//	bytes ─▶ Reader ─▶ Packet ─▶ Assembler (messages of several packets) ─▶ ParseData ─▶ Data
//	             └──▶ *Fault: counted and answered, never data
//
// A frame with any byte changed is a [Fault]: what lies between two good
// frames is told once, and the next good frame is found again. What comes from
// the wire is bounded everywhere: frames, packets of a message, open messages.
//
// Times of the standard are those of Asia/Shanghai; the package returns UTC.
// Numbers stay the decimal strings that the meter sent.
//
// The package is pure (no clock, no network of its own) and imports nothing of
// ours. Another edition of the standard is another package with the same
// shape. Start reading with [Reader], then [ParseData], then [Reply].
package frame
