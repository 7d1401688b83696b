// Package segment is the event log on disk: files of records that are only
// ever added to, with a checksum on every record.
//
// The log is a directory of files 00000001.seg, 00000002.seg, … A file has its
// full size before the first record is written in it: a background goroutine
// writes its header and zeros, syncs it and only then gives it its name. An
// append is therefore one write and one fdatasync that change nothing but the
// content of blocks that are on disk already. A file once full never changes.
//
// All numbers are little-endian; checksums are CRC-32C (Castagnoli), started
// with the file's salt.
//
//	file    0  8  "SYEVENTS"
//	        8  4  format version: 1, or 2 for a scavenged file
//	       12  4  salt, random for each store: nobody can write an event whose data look like a frame
//	       16 16  id of the store
//	       32  8  when the store was made, nanoseconds since 1970
//	       40  8  number of the file, as in its name
//	       48  8  size of the file in bytes
//	       56  4  zero
//	       60  4  checksum of the 60 bytes before
//	       64     frames, one after the other, then at most one mark, then zeros
//
//	frame   0  4  "SYFR"                       mark   0  4  "SYMK"
//	        4  4  number of records                   4  4  zero
//	        8  8  position of the first               8  8  position of the record to come
//	       16  4  bytes of all records                16  4  zero
//	       20  4  checksum of the 20 bytes before     20  4  checksum of the 20 bytes before
//	       24     records, then zeros up to a
//	              multiple of 8 bytes
//
//	record  0  4  length of the content
//	        4  4  checksum of the position (8 bytes) and the content
//	        8     content
//
// Positions are given without gaps: 1, 2, 3, … through all files. A frame is
// what one fsync made durable, and is taken as a whole or not at all.
//
// # Scavenged files
//
// A full file may be replaced by one that lacks some of its records. It has
// the same header, with format version 2 and its own size, and then:
//
//	records    0  4  length of the content
//	           4  4  how many positions are missing before it
//	           8  4  checksum of the position (8 bytes), the 8 bytes before, and the content
//	          12     content
//	table         for the first record, and about every 16 KiB:
//	           0  8  position after the record before
//	           8  8  offset of the record
//	trailer    0  8  "SYREMAIN"
//	           8  8  first position of the file that was replaced
//	          16  8  position after its last
//	          24  8  number of records left
//	          32  4  number of entries of the table
//	          36  4  checksum of the table
//	          40  4  zero
//	          44  4  checksum of the 44 bytes before
//
// A record keeps its position, by which it is found: the table leads near it,
// and each record on the way is checked, so a record that was removed
// (ErrRemoved) and one that is damaged (ErrCorrupt) are told apart. Offsets of
// the replaced file, which an index may hold, mean nothing here.
//
// The new file is written and synced beside the old one and takes its name.
// Whoever has the old one open goes on reading it: how a file is to be read
// belongs to the open file. The last file with records is never replaced.
//
// # What a damaged end means
//
// A frame is written only after the one before it was synced, and a mark after
// the frame in front of it was synced. So a frame or mark whose position is
// greater proves that everything before it was durable: it is a witness.
// Open reads the whole last file. Damage that has a witness behind it is
// refused with ErrCorrupt. Damage at the very end without a witness is a write
// that a crash has torn: nobody was told that it is durable, and Open replaces
// it by zeros.
//
// The mark is written without a sync of its own after the sync of each frame
// and before anybody learns of it; the next frame takes its place. It follows
// that damage to anything acknowledged is always told from a torn write, with
// one exception: when the machine (not just the process) has stopped before
// the mark of the last frame reached the disk, damage to that one frame cannot
// be told from a torn write. Close syncs the mark, and so does an append that
// goes on to the next file. A file that is not as long
// as its header says is always refused.
//
// The package knows nothing of events or streams. Start reading at Log.
package segment
