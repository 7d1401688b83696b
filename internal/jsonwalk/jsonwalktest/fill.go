// Package jsonwalktest makes messages for tests that compare two ways of
// writing them.
package jsonwalktest

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// Fill sets some fields of a message to any values, three levels deep. Maps and
// fractions stay unset.
func Fill(t *rapid.T, m protoreflect.Message) { fill(t, m, 0) }

func fill(t *rapid.T, m protoreflect.Message, depth int) {
	if at, ok := m.Interface().(*timestamppb.Timestamp); ok {
		at.Seconds, at.Nanos = rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.SampledFrom([]int32{0, 1, 5e8, 123e6}).Draw(t, "ns")
		return
	}
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if fd.IsMap() || rapid.IntRange(0, 2).Draw(t, "given") == 0 || fd.Message() != nil && depth == 3 {
			continue
		}
		if !fd.IsList() {
			m.Set(fd, value(t, m.NewField(fd), fd, depth))
			continue
		}
		list := m.Mutable(fd).List()
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			list.Append(value(t, list.NewElement(), fd, depth))
		}
	}
}

var texts = []string{"", "a", "甲", "a<b>&c", "\"q\"", "\\", "line\nfeed\t", "\u2028\u2029", "\u201c引号\u201d", "\x00\x1f\x7f", "\U0001F600", "\u20ac", "\ufffd"}

func value(t *rapid.T, zero protoreflect.Value, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.SampledFrom(texts).Draw(t, "text"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(0, 40).Draw(t, "enum")))
	case protoreflect.MessageKind:
		fill(t, zero.Message(), depth+1)
		return zero
	default:
		return number(t, zero)
	}
}

func number(t *rapid.T, zero protoreflect.Value) protoreflect.Value {
	switch zero.Interface().(type) {
	case int32:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case uint32:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case int64:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case uint64:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	}
	return zero
}
