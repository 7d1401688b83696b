// Package backup takes and reads backups 备份 of a whole bureau: the event log
// and everything beside it that is not an event (ADR 20).
//
//	Take ── log first ──▶ Put ─▶ Writer ─▶ folder: log/… keyring/… files/… secrets/… drafts/…
//	     └─ then the holdings ▶ Put ─▶       └─▶ manifest.json, last
//	Verify ─▶ every file against the manifest ─▶ Manifest.Copy, Manifest.Open
//
// The order is what makes a backup of a running bureau whole: a file lies in
// its bucket before an event names it, and a key exists before anything is
// sealed with it. So the position of the log is settled first, and whatever
// is copied afterwards holds at least what the log up to there refers to.
//
// A folder without a manifest is no backup; the manifest is written last and
// in one step, so an interrupted backup is never taken for a whole one.
//
// The package knows no bureau, no store and no database: who owns a thing
// exports it. It imports nothing of ours. Start reading with [Take].
package backup
