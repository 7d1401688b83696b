package jsonwalk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	"shiyang/internal/jsonwalk"
	"shiyang/internal/jsonwalk/jsonwalktest"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// events are the types of all facts that are kept for ever.
func events(t *testing.T) (types []protoreflect.MessageType) {
	t.Helper()
	for _, file := range []protoreflect.FileDescriptor{
		auditv1.File_audit_v1_events_proto, commonv1.File_common_v1_events_proto,
		identityv1.File_identity_v1_events_proto, permitsv1.File_permits_v1_events_proto,
	} {
		for i := range file.Messages().Len() {
			kind, err := protoregistry.GlobalTypes.FindMessageByName(file.Messages().Get(i).FullName())
			if err != nil {
				t.Fatal(err)
			}
			types = append(types, kind)
		}
	}
	return types
}

// What is stored never changes: every event has the bytes of protojson, only
// without white space, and none needs the slow way.
func TestStoredFormIsThatOfProtojson(t *testing.T) {
	types := events(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(types).Draw(t, "type").New()
		jsonwalktest.Fill(t, m)
		raw, err := protojson.Marshal(m.Interface())
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, raw); err != nil {
			t.Fatal(err)
		}
		got, err := jsonwalk.Stored.Append(nil, m)
		if err != nil {
			t.Fatalf("%s: %v", m.Descriptor().FullName(), err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("walk\n%s\nprotojson\n%s", got, want.Bytes())
		}
	})
}

func TestWhatIsNotPlainIsSaid(t *testing.T) {
	loose, err := structpb.NewStruct(map[string]any{"a": 1.5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jsonwalk.Stored.Append(nil, loose.ProtoReflect()); !errors.Is(err, jsonwalk.ErrNotPlain) {
		t.Errorf("error = %v", err)
	}
	bad := (&commonv1.KeyReserved{Holder: "\xff"}).ProtoReflect()
	if _, err := jsonwalk.Stored.Append(nil, bad); err == nil || errors.Is(err, jsonwalk.ErrNotPlain) {
		t.Errorf("error = %v", err)
	}
}

func BenchmarkStored(b *testing.B) {
	m := (&permitsv1.FacilityRegistered{Site: &permitsv1.SiteContent{
		UnitName: "示例测速厂", Division: "620602", Remark: strings.Repeat("x", 450), Example: true,
	}}).ProtoReflect()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonwalk.Stored.Append(make([]byte, 0, 1024), m); err != nil {
			b.Fatal(err)
		}
	}
}
