package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Format is the layout of a backup that this program writes. A layout that an
// older program would misread needs a higher number.
const Format = 1

// ManifestName is the file that makes a folder a backup.
const ManifestName = "manifest.json"

// maxManifest bounds the memory that reading a manifest takes: room for two
// million files.
const maxManifest = 512 << 20

// LogFolder holds the files of the event log in a backup.
const LogFolder = "log"

// ErrNewerFormat reports a backup that a later version of the program wrote.
var ErrNewerFormat = errors.New("the backup was written by a newer version of this program")

// Log says which event log a backup holds, and up to where.
type Log struct {
	// Store is the id of the store. It is empty if the log lies in a cluster,
	// which has a backup of its own: then the backup holds everything else.
	Store string `json:"store,omitempty"`
	// Position is that of the newest event: everything up to here is held.
	Position uint64 `json:"position"`
}

// Elsewhere tells whether the log is not part of the backup.
func (l Log) Elsewhere() bool { return l.Store == "" }

// File is one file of a backup. Its name is a slash-separated path below the
// backup's folder; the first element is the holding.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Manifest is the table of contents of a backup.
type Manifest struct {
	Format   int       `json:"format"`
	Made     time.Time `json:"made"`
	Log      Log       `json:"log"`
	Holdings []string  `json:"holdings"` // in the order in which they were copied
	Files    []File    `json:"files"`    // by name
}

// Holds tells whether the backup has a holding.
func (m Manifest) Holds(holding string) bool { return slices.Contains(m.Holdings, holding) }

// Bytes is the size of all files together.
func (m Manifest) Bytes() int64 {
	var sum int64
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// Of returns the files of one holding, by name.
func (m Manifest) Of(holding string) []File {
	var files []File
	for _, f := range m.Files {
		if strings.HasPrefix(f.Name, holding+"/") {
			files = append(files, f)
		}
	}
	return files
}

// sealed is how a manifest is stored: its exact bytes, and their hash.
type sealed struct {
	Manifest json.RawMessage `json:"manifest"`
	SHA256   string          `json:"sha256"`
}

// encode writes a manifest so that any changed byte of it is noticed.
func (m Manifest) encode() ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	text, err := json.Marshal(sealed{body, digest(body)})
	return append(text, '\n'), err
}

func decode(text []byte) (Manifest, error) {
	damaged := func(err error) (Manifest, error) { return Manifest{}, &DamageError{ManifestName, err.Error()} }
	var s sealed
	if err := json.Unmarshal(text, &s); err != nil {
		return damaged(fmt.Errorf("cannot be read: %w", err))
	}
	exact, err := json.Marshal(s)
	if err != nil || !bytes.Equal(append(exact, '\n'), text) || digest(s.Manifest) != s.SHA256 {
		return damaged(errors.New("does not have the checksum that stands in it"))
	}
	var m Manifest
	if err := json.Unmarshal(s.Manifest, &m); err != nil {
		return damaged(fmt.Errorf("cannot be read: %w", err))
	}
	if m.Format > Format {
		return Manifest{}, fmt.Errorf("%s: %w: format %d, but this program knows formats up to %d; use the newer version",
			ManifestName, ErrNewerFormat, m.Format, Format)
	}
	if m.Format < 1 {
		return damaged(fmt.Errorf("names format %d, which never was", m.Format))
	}
	return m, m.check()
}

// check refuses names that a manifest of ours never has, so that no file is
// ever written outside of the place that it is restored to.
func (m Manifest) check() error {
	seen := map[string]bool{}
	for _, f := range m.Files {
		holding, rest, _ := strings.Cut(f.Name, "/")
		switch {
		case !fs.ValidPath(f.Name), rest == "", !m.Holds(holding):
			return &DamageError{ManifestName, fmt.Sprintf("names %q, which is no file of a holding", f.Name)}
		case seen[f.Name]:
			return &DamageError{ManifestName, fmt.Sprintf("names %s twice", f.Name)}
		}
		seen[f.Name] = true
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A DamageError says what is wrong with a file of a backup.
type DamageError struct{ File, Reason string }

// Error names the file first.
func (e *DamageError) Error() string { return e.File + ": " + e.Reason }

// folderOf is where a file lies, for everything but a plain name.
func folderOf(name string) string { return path.Dir(name) }
