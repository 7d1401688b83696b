// Package register is the public register 公开登记簿 (Order 32 Art. 8): what
// anybody may know of the records of every department that publishes, with its
// versions and the feed of its changes.
//
//	fact ─▶ a Source's handler ─▶ Edit.Publish ─▶ Rules ─▶ entry, version, change
//
// What may be published stands in one table, rules.csv: a row per field with
// its legal basis. Rules are applied where an entry is written, so the tables
// of this view hold nothing that is not public, and neither a search nor the
// feed nor a file can give it away. A department publishes with a [Source] of
// its own: rows in rules.csv and handlers that call [Edit.Publish];
// permits.go is the example.
//
// It imports the contracts, internal/readmodel and views/page. Start with
// [Projection], then [Edit].
package register

import (
	"shiyang/internal/readmodel"
)

// Name of the view, for waiting readers.
const Name = "permit_register"

const (
	entries  = "permit_register_entry_v2"
	versions = "permit_register_version_v2"
	changes  = "permit_register_change_v2"
	notes    = "permit_register_note_v2" // what handlers need later; never published
	search   = "permit_register_search_v2"
)

const stampLayout = "2006-01-02T15:04:05.000000Z"

// sources are all that publish. A new one raises the version of the view and
// the numbers in the names of its tables.
var sources = []Source{Permits()}

// Kinds are the kinds of entries, in the order of the sources.
func Kinds() []string {
	kinds := make([]string, len(sources))
	for i, s := range sources {
		kinds[i] = s.Kind
	}
	return kinds
}

// Projection is the view.
func Projection() readmodel.Projection {
	p := readmodel.Projection{
		Name: Name, Version: 2, Tables: []string{entries, versions, changes, notes}, Search: []string{search},
		Schema: []string{
			`CREATE TABLE ` + entries + ` (key TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL,
				division TEXT NOT NULL, in_force INTEGER NOT NULL, decided TEXT NOT NULL, head TEXT NOT NULL)`,
			`CREATE INDEX permit_register_entry_v2_number ON ` + entries + ` (kind, number)`,
			`CREATE INDEX permit_register_entry_v2_decided ON ` + entries + ` (decided, key)`,
			`CREATE INDEX permit_register_entry_v2_division ON ` + entries + ` (division, decided, key)`,
			`CREATE TABLE ` + versions + ` (key TEXT NOT NULL, version INTEGER NOT NULL, position BIGINT NOT NULL, body TEXT NOT NULL,
				PRIMARY KEY (key, version))`,
			`CREATE TABLE ` + changes + ` (sequence BIGINT NOT NULL PRIMARY KEY, position BIGINT NOT NULL, recorded_at TEXT NOT NULL,
				change TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
				head TEXT NOT NULL, content TEXT NOT NULL)`,
			`CREATE INDEX permit_register_change_v2_position ON ` + changes + ` (position, sequence)`,
			`CREATE INDEX permit_register_change_v2_key ON ` + changes + ` (key, sequence)`,
			`CREATE TABLE ` + notes + ` (key TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL)`,
		},
	}
	for _, s := range sources {
		p.Handlers = append(p.Handlers, s.Handlers...)
	}
	return p
}
