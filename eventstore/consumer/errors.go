package consumer

import (
	"errors"
	"fmt"
)

// Errors of groups that no detail belongs to.
var (
	// ErrStopped answers everything after Stop.
	ErrStopped = errors.New("the consumer groups are stopping")
	// ErrUnsupported is wrapped when a group asks for what this store does not have.
	ErrUnsupported = errors.New("not supported")
	// ErrInvalid is wrapped when a setting makes no sense.
	ErrInvalid = errors.New("invalid setting of a consumer group")
)

// GroupError says why something cannot be done with a group.
type GroupError struct {
	Kind   Kind
	Key    Key
	Reason string // for Failed: in words
}

// Kind tells group errors apart.
type Kind int

// The kinds of group errors.
const (
	Missing Kind = iota // there is no such group
	Exists              // there is one already
	Full                // it has as many clients as it may have
	Dropped             // it was changed or deleted while a client was connected
	Failed              // it cannot be made that way
)

// Error names the group and what is wrong.
func (e *GroupError) Error() string {
	name := fmt.Sprintf("consumer group %q on stream %q", e.Key.Group, e.Key.Stream)
	switch e.Kind {
	case Missing:
		return name + " does not exist"
	case Exists:
		return name + " exists already"
	case Full:
		return name + " has its maximum of subscribers"
	case Dropped:
		return name + " was dropped; connect again"
	default:
		return name + ": " + e.Reason
	}
}
