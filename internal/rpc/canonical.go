package rpc

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// canonicalJSON is the text that [CommandHash] hashes. Requests are written in
// one walk; what the walk does not know how to write (maps, fractions, the
// loose types of google.protobuf) takes the way over protojson, which gives
// the same bytes and costs several times as much.
func canonicalJSON(request proto.Message) ([]byte, error) {
	text, err := appendCanonical(make([]byte, 0, 1024), request.ProtoReflect())
	if errors.Is(err, errNotPlain) {
		return canonicalByProtojson(request)
	}
	return text, err
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

// errNotPlain says that a message holds what the walk does not write.
var errNotPlain = errors.New("not a plain message")

// canonicalField is a field that is hashed, with its key as written.
type canonicalField struct {
	protoreflect.FieldDescriptor
	key string // `"unitName":`
}

// canonicalFields are the fields of each message type in the order of their
// JSON names, private ones left out; nil for a type that is not plain.
var canonicalFields sync.Map // protoreflect.FullName → []canonicalField

func canonicalFieldsOf(d protoreflect.MessageDescriptor) []canonicalField {
	if known, ok := canonicalFields.Load(d.FullName()); ok {
		return known.([]canonicalField) // the map holds nothing else
	}
	fields := []canonicalField{}
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		if !private(fd) {
			fields = append(fields, canonicalField{fd, strconv.Quote(fd.JSONName()) + ":"})
		}
		if fd.IsMap() || fd.Kind() == protoreflect.FloatKind || fd.Kind() == protoreflect.DoubleKind || fd.Kind() == protoreflect.GroupKind {
			fields = nil
			break
		}
	}
	if strings.HasPrefix(string(d.FullName()), "google.protobuf.") {
		fields = nil
	}
	slices.SortFunc(fields, func(a, b canonicalField) int { return cmp.Compare(a.JSONName(), b.JSONName()) })
	canonicalFields.Store(d.FullName(), fields)
	return fields
}

func appendCanonical(b []byte, m protoreflect.Message) ([]byte, error) {
	if m.Descriptor().FullName() == "google.protobuf.Timestamp" {
		text, err := protojson.Marshal(m.Interface())
		return append(b, text...), err
	}
	fields := canonicalFieldsOf(m.Descriptor())
	if fields == nil {
		return b, errNotPlain
	}
	b = append(b, '{')
	first := true
	for _, f := range fields {
		if !m.Has(f.FieldDescriptor) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		var err error
		if b, err = f.appendValue(append(b, f.key...), m.Get(f.FieldDescriptor)); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (f canonicalField) appendValue(b []byte, v protoreflect.Value) (_ []byte, err error) {
	if !f.IsList() {
		return f.appendSingle(b, v)
	}
	b = append(b, '[')
	for i, list := 0, v.List(); i < list.Len(); i++ {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = f.appendSingle(b, list.Get(i)); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func (f canonicalField) appendSingle(b []byte, v protoreflect.Value) ([]byte, error) {
	switch value := v.Interface().(type) {
	case string:
		return appendText(b, value)
	case bool:
		return strconv.AppendBool(b, value), nil
	case int32:
		return strconv.AppendInt(b, int64(value), 10), nil
	case uint32:
		return strconv.AppendUint(b, uint64(value), 10), nil
	case int64:
		return append(strconv.AppendInt(append(b, '"'), value, 10), '"'), nil
	case uint64:
		return append(strconv.AppendUint(append(b, '"'), value, 10), '"'), nil
	case protoreflect.EnumNumber:
		if known := f.Enum().Values().ByNumber(value); known != nil {
			return append(append(append(b, '"'), known.Name()...), '"'), nil
		}
		return strconv.AppendInt(b, int64(value), 10), nil
	case []byte:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), value), '"'), nil
	case protoreflect.Message:
		return appendCanonical(b, value)
	default:
		return b, errNotPlain
	}
}

// appendText writes a string as encoding/json does. Nearly every one needs no
// escape; the others are left to that package.
func appendText(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return b, fmt.Errorf("text %q is not UTF-8", s)
	}
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == '"' || c == '\\' || c == 0xe2 && (s[i:i+3] == "\u2028" || s[i:i+3] == "\u2029") {
			text, err := marshalPlainly(s)
			return append(b, text...), err
		}
	}
	return append(append(append(b, '"'), s...), '"'), nil
}
