package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shiyang/eventstore/journal"
)

// Operation is what a caller wants of a stream.
type Operation string

// The operations, by their keys in an access list.
const (
	Read      Operation = "$r"
	Write     Operation = "$w"
	Delete    Operation = "$d"
	ReadMeta  Operation = "$mr"
	WriteMeta Operation = "$mw"
)

// Settings is the stream that holds the defaults of access lists.
const Settings = "$settings"

// Rules decide by the access lists in a journal. It is safe for concurrent use.
type Rules struct {
	journal   *journal.Journal
	anonymous bool
}

// NewRules decides by the lists in j. Without anonymous, a caller who did not
// sign in may do nothing with streams.
func NewRules(j *journal.Journal, anonymous bool) *Rules { return &Rules{j, anonymous} }

// roles are who may do something: one name or several.
type roles []string

// UnmarshalJSON takes a string or a list of strings.
func (r *roles) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*r = roles{one}
		return nil
	}
	list := []string{}
	err := json.Unmarshal(b, &list)
	*r = list
	return err
}

// acl is an access list; operations that it does not name are left to the defaults.
type acl map[Operation]roles

// Allow returns nil when the caller may do something with a stream, an error
// that wraps ErrDenied when not, or an error of the journal. The rights to a
// metadata stream are those to the metadata of its stream.
func (r *Rules) Allow(c Caller, o Operation, stream string) error {
	if slices.Contains(c.Groups, Admins) {
		return nil
	}
	if c.Name == "" && !r.anonymous {
		return denied(c, o, stream)
	}
	if original, isMeta := strings.CutPrefix(stream, "$$"); isMeta {
		stream = original
		switch o {
		case Read:
			o = ReadMeta
		case Write, Delete:
			o = WriteMeta
		case ReadMeta, WriteMeta:
		}
	}
	who, err := r.who(o, stream)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(who, c.is) {
		return nil
	}
	return denied(c, o, stream)
}

func denied(c Caller, o Operation, stream string) error {
	name := c.Name
	if name == "" {
		name = "nobody in particular"
	}
	return fmt.Errorf("%w: %s has no right %s to stream %q", ErrDenied, name, o, stream)
}

// who may do something with a stream: by its own list, by the default list of
// its kind, or by the rule that both lists lack.
func (r *Rules) who(o Operation, stream string) (roles, error) {
	var meta struct {
		ACL acl `json:"$acl"`
	}
	if err := r.newest(journal.MetadataStream(stream), &meta); err != nil {
		return nil, err
	}
	if who, ok := meta.ACL[o]; ok {
		return who, nil
	}
	var defaults struct {
		User   acl `json:"$userStreamAcl"`
		System acl `json:"$systemStreamAcl"`
	}
	if err := r.newest(Settings, &defaults); err != nil {
		return nil, err
	}
	chosen, otherwise := defaults.User, roles{Everyone}
	if strings.HasPrefix(stream, "$") {
		chosen, otherwise = defaults.System, roles{Admins}
	}
	if who, ok := chosen[o]; ok {
		return who, nil
	}
	return otherwise, nil
}

// newest reads the JSON of a stream's last event; what cannot be read counts
// as absent.
func (r *Rules) newest(stream string, into any) error {
	s, err := r.journal.Stream(stream)
	if err != nil || s.Missing() || s.Tombstoned {
		return err
	}
	e, found, err := r.journal.Event(stream, s.Last)
	if err != nil || !found {
		return err
	}
	_ = json.Unmarshal(e.Data, into)
	return nil
}

// SignedIn returns nil for a caller with a name.
func (r *Rules) SignedIn(c Caller) error {
	if c.Name == "" && !r.anonymous {
		return fmt.Errorf("%w: sign in first", ErrDenied)
	}
	return nil
}

// Operate returns nil for operators and administrators.
func (r *Rules) Operate(c Caller) error {
	if c.is(Admins) || c.is(Operators) {
		return nil
	}
	return fmt.Errorf("%w: only members of %s and %s may manage consumer groups", ErrDenied, Admins, Operators)
}
