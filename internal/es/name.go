package es

import (
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// namespace is the root of every UUIDv5 of the product. It can never change:
// ids of stored events and streams are derived from it.
var namespace = uuid.MustParse("5e9f8c52-7c0b-5d3e-9a41-620600620600")

// DerivedID returns the UUIDv5 of the parts. Each part is written with its
// length, so that ("ab", "c") and ("a", "bc") differ. Equal parts give equal
// ids in every process and for ever.
func DerivedID(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(strconv.Itoa(len(p)))
		b.WriteByte(':')
		b.WriteString(p)
		b.WriteByte(',')
	}
	return uuid.NewSHA1(namespace, []byte(b.String())).String()
}

// EventID is the id of the nth event (from 0) that a command appends to a
// stream. It is the same however often the append is tried.
func EventID(stream, commandID string, n int) string {
	return DerivedID("event", stream, commandID, strconv.Itoa(n))
}

// StreamName joins a category, which holds no hyphen, and an aggregate's id.
func StreamName(category, id string) string { return category + "-" + id }

// SplitStream is the opposite of [StreamName]; ok is false for a name that
// StreamName did not make.
func SplitStream(stream string) (category, id string, ok bool) {
	category, id, ok = strings.Cut(stream, "-")
	return category, id, ok && category != "" && id != ""
}
