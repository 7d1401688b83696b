package references_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/gateway/attachments"
	"shiyang/gateway/attachments/references"
	"shiyang/internal/es/estest"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	_ "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func TestRecordsThatReferToAFile(t *testing.T) {
	content := &permitsv1.ApplicationContent{Attachments: []*commonv1.Attachment{{Sha256: "aa"}, {Sha256: "bb"}}}
	facts := readmodeltest.Complete(1,
		readmodel.Fact{Stream: "permit-1", Category: "permit", ID: "1", Event: &permitsv1.PermitApplicationSubmitted{Content: content}},
		readmodel.Fact{Stream: "permit-1", Category: "permit", ID: "1", Event: &permitsv1.PermitIssued{Content: content}},
		readmodel.Fact{Stream: "firm-2", Category: "firm", ID: "2", Event: &identityv1.MemberInvited{Mandate: &commonv1.Attachment{Sha256: "aa"}}},
	)
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, references.Projection, facts...)
		queries := references.NewQueries(db)
		for hash, want := range map[string][]attachments.Reference{
			"aa": {{Category: "firm", ID: "2"}, {Category: "permit", ID: "1"}},
			"bb": {{Category: "permit", ID: "1"}},
			"cc": nil,
		} {
			got, err := queries.Of(t.Context(), hash)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", hash, err, diff)
			}
		}
	})
}

// An event with a file that the view does not know would let the sweep remove
// a file of record.
func TestEveryEventWithAFileIsKnown(t *testing.T) {
	var facts []readmodel.Fact
	for _, file := range eventFiles() {
		for _, m := range estest.EventsOf(file) {
			kind, err := protoregistry.GlobalTypes.FindMessageByName(m.FullName())
			if err != nil {
				t.Fatal(err)
			}
			event := kind.New()
			if fill(event) {
				facts = append(facts, readmodel.Fact{Stream: "record-" + string(m.Name()), Category: "record", ID: string(m.Name()), Event: event.Interface()})
			}
		}
	}
	if len(facts) < 5 {
		t.Fatalf("only %d events with a file were found", len(facts))
	}
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, references.Projection, readmodeltest.Complete(1, facts...)...)
		known, err := references.NewQueries(db).Of(t.Context(), "aa")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range facts {
			if !slices.Contains(known, attachments.Reference{Category: "record", ID: f.ID}) {
				t.Errorf("%s refers to files but the view does not know it", f.ID)
			}
		}
	})
}

// fill puts a file into every place of a message that can hold one.
func fill(m protoreflect.Message) (holds bool) {
	if a, ok := m.Interface().(*commonv1.Attachment); ok {
		a.Sha256 = "aa"
		return true
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.Message() == nil || f.IsMap() || f.Message().FullName() == "google.protobuf.Struct":
		case f.IsList():
			if sub := m.Mutable(f).List().AppendMutable().Message(); fill(sub) {
				holds = true
			} else {
				m.Clear(f)
			}
		default:
			if sub := m.Mutable(f).Message(); fill(sub) {
				holds = true
			} else {
				m.Clear(f)
			}
		}
	}
	return holds
}

// eventFiles are the contracts of facts, of every department.
func eventFiles() (files []protoreflect.FileDescriptor) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasSuffix(file.Path(), "events.proto") {
			files = append(files, file)
		}
		return true
	})
	return files
}
