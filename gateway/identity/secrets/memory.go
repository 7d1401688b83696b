package secrets

import (
	"sync"
	"time"
)

// memoryAge is for how long a session that was found is not looked up again.
// One that this process ends is forgotten at once; one that another process
// ends on the same database lives on for so long at most.
const memoryAge = 2 * time.Second

// mostSessions bounds the memory; when it is full it starts anew.
const mostSessions = 10_000

// row is a session as it stands in the database; instants in milliseconds.
type row struct {
	account, seat string
	opened, seen  int64
}

type remembered struct {
	row
	since time.Time // by the machine's clock
}

// memory keeps the sessions in use, by the hash of their token.
type memory struct {
	mu       sync.Mutex
	sessions map[string]remembered
	changes  uint64 // how often something was forgotten
}

// get returns a session that was looked up lately, and the number of changes
// that a later put has to show.
func (m *memory) get(hash string) (found row, changes uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.sessions[hash]
	return r.row, m.changes, ok && time.Since(r.since) < memoryAge
}

// put remembers a session that was looked up since, unless something was
// forgotten meanwhile: it could have been this one.
func (m *memory) put(hash string, r row, since time.Time, changes uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if changes != m.changes {
		return
	}
	if m.sessions == nil || len(m.sessions) >= mostSessions {
		m.sessions = map[string]remembered{}
	}
	m.sessions[hash] = remembered{r, since}
}

// forget forgets the sessions that gone names, after they have ended in the
// database.
func (m *memory) forget(gone func(hash string, r row) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	for hash, r := range m.sessions {
		if gone(hash, r.row) {
			delete(m.sessions, hash)
		}
	}
}
