package readmodel

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"shiyang/internal/problem"
)

// ErrCursor reports a page cursor that was not made by this list, or for other
// filters.
var ErrCursor = &problem.Error{
	Kind: problem.Invalid, Reason: "CURSOR_INVALID",
	Text: problem.Text{
		Zh: "翻页位置无效，请从第一页重新开始。",
		En: "This page cursor does not belong to this list. Start again from the first page.",
	},
}

// Cursors (翻页游标) makes and reads the opaque cursors of keyset pages: the
// sort values of the last row of a page, sealed with a key so that nobody
// reads other rows by inventing one. It is safe for concurrent use.
type Cursors struct{ key []byte }

const (
	cursorLength = 500 // characters, at most
	cursorMAC    = 16  // bytes
)

// NewCursors returns cursors sealed with a key of at least 16 bytes. Replicas
// share the key; a new key only makes readers start from the first page.
func NewCursors(key []byte) (*Cursors, error) {
	if len(key) < 16 {
		return nil, errors.New("cursor key: at least 16 bytes are needed")
	}
	return &Cursors{key: bytes.Clone(key)}, nil
}

// Encode returns the cursor after a row with the given sort values (strings,
// integers, booleans). scope names the list, its filters, its order and whom
// it is for: the cursor is good only there. Cursors are readable by who holds
// them, so they carry nothing that the list does not show. A cursor of more
// than 500 characters is an error.
func (c *Cursors) Encode(scope string, last ...any) (string, error) {
	payload, err := json.Marshal(last)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	cursor := base64.RawURLEncoding.EncodeToString(append(c.mac(scope, payload), payload...))
	if len(cursor) > cursorLength {
		return "", errors.New("encode cursor: the sort values are too long")
	}
	return cursor, nil
}

// Decode reads the sort values of a cursor into pointers, as many as were
// encoded. It fails with [ErrCursor].
func (c *Cursors) Decode(scope, cursor string, into ...any) error {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(cursor) > cursorLength || len(raw) <= cursorMAC {
		return ErrCursor
	}
	payload := raw[cursorMAC:]
	if !hmac.Equal(raw[:cursorMAC], c.mac(scope, payload)) {
		return ErrCursor
	}
	var values []json.RawMessage
	if err := json.Unmarshal(payload, &values); err != nil || len(values) != len(into) {
		return ErrCursor
	}
	for i, v := range values {
		if err := json.Unmarshal(v, into[i]); err != nil {
			return ErrCursor
		}
	}
	return nil
}

func (c *Cursors) mac(scope string, payload []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(strconv.Itoa(len(scope)) + ":" + scope))
	h.Write(payload)
	return h.Sum(nil)[:cursorMAC]
}

// After returns the condition for rows behind a cursor whose values are bound
// from placeholder $arg on: "(due, id) > ($2, $3)". All columns sort the same
// way; desc turns it round. Both engines answer it from an index.
func After(arg int, desc bool, columns ...string) string {
	places := make([]string, len(columns))
	for i := range columns {
		places[i] = "$" + strconv.Itoa(arg+i)
	}
	sign := " > "
	if desc {
		sign = " < "
	}
	return "(" + strings.Join(columns, ", ") + ")" + sign + "(" + strings.Join(places, ", ") + ")"
}
