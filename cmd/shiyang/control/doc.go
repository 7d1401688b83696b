// Package control is the door through which commands of the operator reach
// the running process: backups, checks and scavenges of the log while the
// bureau works.
//
//	shiyang backup ─▶ Client ─▶ data/control.sock ─▶ Server ─▶ Keeper (the bureau's vault)
//	              ◀── files of the backup, one after the other ◀──
//
// The door is a unix socket in the data folder that only the user of the
// process can open (mode 0600, in a folder of mode 0700): whoever can open it
// could read the data folder anyway, so it needs no password and gives no new
// right. No address of the network leads to it, and it takes no path from its
// caller: the content goes to the caller, who writes it as he may.
//
// It speaks HTTP/1.1. A backup is answered as multipart/mixed, a part for each
// file and a last one that says whether the backup is whole; an answer that
// breaks off has no last part and is refused.
//
// Start reading with [Serve] and [Dial].
package control
