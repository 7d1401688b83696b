package register_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/register"
)

// published are the messages that an entry of a kind is made of, by their path.
func published() map[string]proto.Message {
	return map[string]proto.Message{
		"": &permitsv1.PublicEntry{}, "content": &permitsv1.ApplicationContent{}, "baseData": &permitsv1.BaseData{},
	}
}

// leaves visits every field that a rule is about.
func leaves(d protoreflect.MessageDescriptor, path string, visit func(string, protoreflect.FieldDescriptor)) {
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		at := strings.TrimPrefix(path+"."+f.JSONName(), ".")
		if f.Message() == nil || slices.Contains([]string{"Date", "Text", "Struct", "Timestamp"}, string(f.Message().Name())) {
			visit(at, f)
			continue
		}
		leaves(f.Message(), at, visit)
	}
}

func ruleTable(t *testing.T) map[string]permitsv1.Publish {
	t.Helper()
	rules, err := register.ReadRules(register.KindPermit)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]permitsv1.Publish{}
	for _, r := range rules.List() {
		said[r.GetField()] = r.GetPublish()
		if r.GetBasis().GetZh() == "" || r.GetBasis().GetEn() == "" {
			t.Errorf("%s has no basis in both languages", r.GetField())
		}
	}
	return said
}

// A field that is added to a contract is not public until somebody decides by
// what law: this test asks for the decision.
func TestEveryFieldHasARule(t *testing.T) {
	said, known := ruleTable(t), map[string]bool{}
	for path, m := range published() {
		leaves(m.ProtoReflect().Descriptor(), path, func(at string, f protoreflect.FieldDescriptor) {
			known[at] = true
			publish, ok := said[at]
			if !ok {
				t.Errorf("%s has no row in rules.csv: public, masked or withheld?", at)
			}
			personal, _ := proto.GetExtension(f.Options(), commonv1.E_Personal).(*commonv1.Personal)
			if personal != nil && publish != permitsv1.Publish_PUBLISH_WITHHELD {
				t.Errorf("%s is personal and must be withheld", at)
			}
		})
	}
	for field := range said {
		if !known[field] {
			t.Errorf("rules.csv has a row for %s, which no contract has", field)
		}
	}
}

// fill writes into every string of a message its own path, so that a value
// tells where it came from.
func fill(m protoreflect.Message, path string) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		at := strings.TrimPrefix(path+"."+f.JSONName(), ".")
		value := func() protoreflect.Value {
			switch f.Kind() {
			case protoreflect.StringKind:
				return protoreflect.ValueOfString("‹" + at + "›")
			case protoreflect.BoolKind:
				return protoreflect.ValueOfBool(true)
			case protoreflect.EnumKind:
				return protoreflect.ValueOfEnum(1)
			case protoreflect.Int32Kind:
				return protoreflect.ValueOfInt32(7)
			case protoreflect.Int64Kind:
				return protoreflect.ValueOfInt64(8)
			case protoreflect.Uint64Kind:
				return protoreflect.ValueOfUint64(9)
			default:
				return protoreflect.Value{}
			}
		}
		switch {
		case f.Message() != nil && f.Message().FullName() == "google.protobuf.Struct":
		case f.Message() != nil && f.IsList():
			fill(m.Mutable(f).List().AppendMutable().Message(), at)
		case f.Message() != nil:
			fill(m.Mutable(f).Message(), at)
		case f.IsList():
			m.Mutable(f).List().Append(value())
		default:
			m.Set(f, value())
		}
	}
}

// hidden are the values that no output may hold, of a message that was filled.
func hidden(t *testing.T) []string {
	t.Helper()
	var list []string
	for field, publish := range ruleTable(t) {
		if publish != permitsv1.Publish_PUBLISH_PUBLIC {
			list = append(list, "‹"+field+"›")
		}
	}
	if len(list) < 8 {
		t.Fatalf("only %d fields are not public", len(list))
	}
	return list
}

func TestOnlyPublicFieldsPass(t *testing.T) {
	rules, err := register.ReadRules(register.KindPermit)
	if err != nil {
		t.Fatal(err)
	}
	for path, m := range published() {
		fill(m.ProtoReflect(), path)
		before := proto.Clone(m)
		text := protojson.Format(rules.Public(path, m))
		for _, value := range hidden(t) {
			if strings.Contains(text, value) {
				t.Errorf("%q gives away %s", path, value)
			}
		}
		for field, publish := range ruleTable(t) {
			mine := path == "" && !strings.HasPrefix(field, "content.") && !strings.HasPrefix(field, "baseData.") || path != "" && strings.HasPrefix(field, path+".")
			if mine && publish == permitsv1.Publish_PUBLISH_PUBLIC && strings.Contains(protojson.Format(m), "‹"+field+"›") && !strings.Contains(text, "‹"+field+"›") {
				t.Errorf("%s is public and was left out", field)
			}
		}
		if !proto.Equal(before, m) {
			t.Error("the record itself was changed")
		}
	}
}

func TestAddressesAreMasked(t *testing.T) {
	rules, err := register.ReadRules(register.KindPermit)
	if err != nil {
		t.Fatal(err)
	}
	for full, want := range map[string]string{
		"甘肃省武威市凉州区示例小区3号楼": "甘肃省武威市凉州区***",
		"天祝藏族自治县示例镇1号":     "天祝藏族自治县***",
		"武威市示例路1号":         "武威市***",
		"示例路1号":            "***",
		"":                 "",
	} {
		got, _ := rules.Public("baseData", &permitsv1.BaseData{Domicile: full}).(*permitsv1.BaseData)
		if got.GetDomicile() != want {
			t.Errorf("%s is published as %q, want %q", full, got.GetDomicile(), want)
		}
	}
}
