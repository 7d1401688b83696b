package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// requests are the message types that some call takes.
func requests(t *testing.T) (types []protoreflect.MessageType) {
	t.Helper()
	for _, rule := range rpc.Policy {
		service, name, _ := strings.Cut(strings.TrimPrefix(rule.Method, "/"), "/")
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			t.Fatal(err)
		}
		input := d.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name)).Input()
		kind, err := protoregistry.GlobalTypes.FindMessageByName(input.FullName())
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, kind)
	}
	return types
}

// fill sets some fields of a message, three levels deep.
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

// Hashes are kept for ever: the walk writes what the definition says, byte for
// byte, for every request that there is.
func TestCanonicalJSONIsThatOfTheDefinition(t *testing.T) {
	types := requests(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(types).Draw(t, "type").New().Interface()
		fill(t, m.ProtoReflect(), 0)
		want, err := rpc.CanonicalByProtojson(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rpc.CanonicalByWalk(m)
		if err != nil {
			t.Fatalf("%s takes the slow way: %v", m.ProtoReflect().Descriptor().FullName(), err)
		}
		if string(got) != string(want) {
			t.Errorf("walk\n%s\ndefinition\n%s", got, want)
		}
	})
}

func TestCanonicalJSONOfLooseMessages(t *testing.T) {
	state, err := structpb.NewStruct(map[string]any{"b": 1.5, "a": []any{"x<y", nil}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rpc.CanonicalJSON(state); err != nil || string(got) != `{"a":["x<y",null],"b":1.5}` {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []proto.Message{
		&permitsv1.WithdrawApplicationRequest{Reason: "\xff"},
		&permitsv1.WithdrawApplicationRequest{OccurredAt: &timestamppb.Timestamp{Seconds: -1e15}},
	} {
		if got, err := rpc.CanonicalJSON(bad); err == nil {
			t.Errorf("hashed %s", got)
		}
	}
}

func BenchmarkCommandHash(b *testing.B) {
	m := &permitsv1.RegisterFacilityRequest{Site: &permitsv1.SiteContent{
		UnitName: "示例测速厂", Division: "620602", Remark: strings.Repeat("x", 450), Example: true,
		Location: &commonv1.Location{Longitude: "102.6", Latitude: "37.9"},
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rpc.CommandHash("/permits.v1.PermitsService/RegisterFacility", m); err != nil {
			b.Fatal(err)
		}
	}
}
