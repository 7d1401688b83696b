package rpc

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/jsonwalk"
)

// canonical is the form that [CommandHash] hashes.
var canonical = &jsonwalk.Form{
	Order: func(a, b protoreflect.FieldDescriptor) int { return strings.Compare(a.JSONName(), b.JSONName()) },
	Omit:  private,
	Escape: func(b []byte, text string) ([]byte, error) {
		quoted, err := marshalPlainly(text)
		return append(b, quoted...), err
	},
}

// canonicalJSON is the text that is hashed. What cannot be written in one walk
// takes the way of the definition, which gives the same bytes and costs
// several times as much.
func canonicalJSON(request proto.Message) ([]byte, error) {
	if text, err := canonicalByWalk(request); err == nil {
		return text, nil
	}
	return canonicalByProtojson(request)
}

func canonicalByWalk(request proto.Message) ([]byte, error) {
	return canonical.Append(make([]byte, 0, 1024), request.ProtoReflect())
}

// canonicalByProtojson is the definition: protojson without private fields,
// read as any JSON and written with sorted keys.
func canonicalByProtojson(request proto.Message) ([]byte, error) {
	text, err := protojson.Marshal(withoutPrivate(request))
	if err != nil {
		return nil, err
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return marshalPlainly(value)
}

// marshalPlainly writes a value as encoding/json does, but leaves <, > and &.
func marshalPlainly(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
