// Package problem describes failures that a person or a client program is
// meant to understand and can act on. Anything else is an internal error.
//
// A problem speaks Chinese and English, carries a stable Reason for programs,
// the legal citation behind a refusal, and one entry for every wrong field.
// Aggregates return problems; internal/rpc turns them into gRPC statuses in
// one table; the gateway turns those into problem+json or into a sentence
// beside the field. This package imports nothing.
package problem

import "strings"

// Kind says what the caller can do about a problem.
type Kind int

// The kinds of problems.
const (
	Invalid     Kind = iota + 1 // correct the request
	NotFound                    // check the identifier (also: not yours to see)
	Rejected                    // the rules forbid it in this state
	Conflict                    // reload and try again
	Forbidden                   // this actor may not do it
	Unknown                     // sign in first
	Unavailable                 // try again later
	TooLarge                    // send less
	TooMany                     // wait, then try again
)

// Text is a sentence for people in both languages of the product.
type Text struct{ Zh, En string }

// Field is what is wrong (or doubtful) with one input field.
type Field struct {
	Path   string // JSON path from the request's root: "outlets[0].limits[2].concentration"
	Value  string // the value that was received, shortened to 200 characters; never for personal fields
	Reason string // stable, upper-case: USCC_CHECK_DIGIT
	Text   Text   // what is wrong and what to do
}

// Error is a failure with a stable reason.
type Error struct {
	Kind     Kind
	Reason   string // stable and upper-case: SITE_HAS_PERMIT
	Text     Text   // what happened and what to do
	Citation string // legal basis of a refusal: "decree-736 art. 9"
	Errors   []Field
	Warnings []Field
	Wait     int // seconds after which the same may work; 0 if nobody knows
}

// Error returns the English sentence followed by the wrong fields' paths.
func (p *Error) Error() string {
	if len(p.Errors) == 0 {
		return p.Reason + ": " + p.Text.En
	}
	paths := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		paths[i] = f.Path + " " + f.Reason
	}
	return p.Reason + ": " + p.Text.En + " (" + strings.Join(paths, "; ") + ")"
}

// Is makes problems with the same Reason equal to errors.Is.
func (p *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == p.Reason
}

// With returns a copy of p with other sentences.
func (p *Error) With(zh, en string) *Error {
	q := *p
	q.Text = Text{Zh: zh, En: en}
	return &q
}

// WithErrors returns a copy of p that lists wrong fields.
func (p *Error) WithErrors(fields ...Field) *Error {
	q := *p
	q.Errors = append(q.Errors[:len(q.Errors):len(q.Errors)], fields...)
	return &q
}

// ErrInvalid is the problem of every request with wrong fields; callers add
// the fields with [Error.WithErrors].
var ErrInvalid = &Error{
	Kind: Invalid, Reason: "INVALID_FIELDS",
	Text: Text{Zh: "有字段填写不正确，请按提示修改。", En: "Some fields are wrong. Correct them as listed."},
}

// ErrNotFound is the problem of a record that does not exist or that the
// actor may not know of; the two are never told apart.
var ErrNotFound = &Error{
	Kind: NotFound, Reason: "NOT_FOUND",
	Text: Text{Zh: "没有这条记录，或您无权查看。", En: "There is no such record, or you may not see it."},
}

// Fields collects field problems while a request is checked.
type Fields []Field

// Add appends one field problem.
func (f *Fields) Add(path, value, reason, zh, en string) {
	if runes := []rune(value); len(runes) > 200 {
		value = string(runes[:200]) + "…"
	}
	*f = append(*f, Field{Path: path, Value: value, Reason: reason, Text: Text{Zh: zh, En: en}})
}

// Err returns ErrInvalid with the collected fields, or nil if there are none.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return ErrInvalid.WithErrors(f...)
}
