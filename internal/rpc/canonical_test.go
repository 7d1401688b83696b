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

	"shiyang/internal/jsonwalk/jsonwalktest"
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

// Hashes are kept for ever: the walk writes what the definition says, byte for
// byte, for every request that there is.
func TestCanonicalJSONIsThatOfTheDefinition(t *testing.T) {
	types := requests(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(types).Draw(t, "type").New().Interface()
		jsonwalktest.Fill(t, m.ProtoReflect())
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
