package rpc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	commonv1 "shiyang/proto/common/v1"
)

// CommandHash identifies what a command asks for, so that a command id cannot
// be used again for something else. It is the lower-case hexadecimal SHA-256 of
//
//	full method name, "\n", canonical JSON of the request
//
// Canonical JSON is the protobuf JSON form with JSON names, keys sorted by
// code point, no white space, integers of 64 bits as strings, and fields at
// their default left out. Fields marked as personal data or as secret are left
// out as well: the hash stands beside the event for ever, and the hash of a
// telephone number is the number to anybody who can count to ten to the
// eleventh.
func CommandHash(method string, request proto.Message) (string, error) {
	text, err := canonicalJSON(request)
	if err != nil {
		return "", fmt.Errorf("hash request of %s: %w", method, err)
	}
	h := sha256.New()
	h.Write([]byte(method))
	h.Write([]byte{'\n'})
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// withoutPrivate returns a copy without personal and secret fields.
func withoutPrivate(m proto.Message) proto.Message {
	clone := proto.Clone(m)
	dropPrivate(clone.ProtoReflect())
	return clone
}

func dropPrivate(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case private(fd):
			m.Clear(fd)
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
				dropPrivate(item.Message())
				return true
			})
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				dropPrivate(v.List().Get(i).Message())
			}
		case fd.Message() != nil && !fd.IsMap():
			dropPrivate(v.Message())
		}
		return true
	})
}

// private reports whether a field's value must not be repeated, logged or
// hashed: personal data (common.v1.personal) and secrets (common.v1.secret).
func private(fd protoreflect.FieldDescriptor) bool {
	options, ok := fd.Options().(*descriptorpb.FieldOptions)
	if !ok || options == nil {
		return false
	}
	return proto.HasExtension(options, commonv1.E_Personal) || proto.HasExtension(options, commonv1.E_Secret)
}
