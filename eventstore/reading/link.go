package reading

import (
	"bytes"
	"strconv"

	"shiyang/eventstore/journal"
)

// LinkType is the type of events that point at another event; their data are
// "revision@stream".
const LinkType = "$>"

// Target is what a link leads to.
type Target struct {
	IsLink bool           // false for any other event, and for a link whose data are malformed
	Found  bool           // false when the event that the link names is deleted, hidden or was never there
	Event  journal.Record // a copy
	Stream string         // the name that the link states
}

// Follow returns what r leads to if it is a link.
func Follow(j *journal.Journal, r journal.Record) (Target, error) {
	if string(r.Type) != LinkType {
		return Target{}, nil
	}
	number, name, ok := bytes.Cut(r.Data, []byte("@"))
	revision, err := strconv.ParseInt(string(number), 10, 64)
	if !ok || err != nil || revision < 0 || len(name) == 0 {
		return Target{}, nil //nolint:nilerr // a malformed link is an ordinary event
	}
	t := Target{IsLink: true, Stream: string(name)}
	s, err := j.Stream(t.Stream)
	if err != nil {
		return Target{}, err
	}
	if s.Tombstoned || s.Missing() || revision < s.First {
		return t, nil
	}
	t.Event, t.Found, err = j.Event(t.Stream, revision)
	return t, err
}
