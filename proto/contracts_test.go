// Package proto_test holds the tests that span all contracts: what is once
// written under them is stored for ever.
package proto_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/internal/es/estest"
	_ "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	_ "shiyang/proto/identity/v1"
	_ "shiyang/proto/permits/v1"
)

// goldenFolders says where the owner of a contract keeps its golden files.
var goldenFolders = map[string]string{
	"audit/v1/events.proto":    "../services/audit/testdata",
	"common/v1/events.proto":   "../internal/es/testdata",
	"identity/v1/events.proto": "../gateway/identity/testdata",
	"permits/v1/events.proto":  "../services/permits/testdata",
}

// eventFiles finds every events.proto on disk, so that none is forgotten.
func eventFiles(t *testing.T) []protoreflect.FileDescriptor {
	t.Helper()
	var files []protoreflect.FileDescriptor
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "events.proto" {
			return err
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(filepath.ToSlash(path))
		if err != nil {
			t.Errorf("%s: import its Go package in this test: %v", path, err)
			return nil
		}
		files = append(files, file)
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d contracts: %v", len(files), err)
	}
	return files
}

func TestEveryEventHasGoldenBytes(t *testing.T) {
	for _, file := range eventFiles(t) {
		folder, ok := goldenFolders[file.Path()]
		if !ok {
			t.Errorf("%s: say here where its golden files are", file.Path())
			continue
		}
		estest.EveryEventHasGolden(t, file, folder)
	}
}

// A golden file of no event guards nothing: a type was renamed or removed,
// which stored history does not survive.
func TestEveryGoldenFileHasItsType(t *testing.T) {
	for _, folder := range goldenFolders {
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, f := range files {
			name, ok := strings.CutSuffix(f.Name(), ".json")
			if !ok || !strings.Contains(name, ".v") {
				continue
			}
			name, _, _ = strings.Cut(name, "@")
			if _, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name)); err != nil {
				t.Errorf("%s/%s: %v", folder, f.Name(), err)
			}
		}
	}
}

// reachable lists every message that an event may hold, each once.
func reachable(files []protoreflect.FileDescriptor) []protoreflect.MessageDescriptor {
	var found []protoreflect.MessageDescriptor
	seen := map[protoreflect.FullName]bool{}
	var visit func(protoreflect.MessageDescriptor)
	visit = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		found = append(found, m)
		for i := range m.Fields().Len() {
			if inner := m.Fields().Get(i).Message(); inner != nil {
				visit(inner)
			}
		}
		for i := range m.Messages().Len() {
			visit(m.Messages().Get(i))
		}
	}
	for _, f := range files {
		for i := range f.Messages().Len() {
			visit(f.Messages().Get(i))
		}
	}
	return found
}

// personalNames are parts of field names that sound like a person's data.
var personalNames = []string{
	"name", "phone", "mobile", "id_number", "id_card", "address", "legal_rep", "contact", "email", "birth", "wechat", "plate",
}

func soundsPersonal(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.StringKind && slices.ContainsFunc(personalNames, func(part string) bool {
		return strings.Contains(string(f.Name()), part)
	})
}

func personalMark(f protoreflect.FieldDescriptor) (subject string, marked bool) {
	if !proto.HasExtension(f.Options(), commonv1.E_Personal) {
		return "", false
	}
	mark, _ := proto.GetExtension(f.Options(), commonv1.E_Personal).(*commonv1.Personal)
	return mark.GetSubject(), true
}

func notPersonal(f protoreflect.FieldDescriptor) string {
	reason, _ := proto.GetExtension(f.Options(), commonv1.E_NotPersonal).(string)
	return reason
}

// Personal data must be encrypted from the first event on: it cannot be
// called back later.
func TestPersonalFieldsAreMarked(t *testing.T) {
	marks := 0
	for _, m := range reachable(eventFiles(t)) {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			subject, marked := personalMark(f)
			switch {
			case marked:
				marks++
				of := m.Fields().ByName(protoreflect.Name(subject))
				if of == nil || of == f || of.Kind() != protoreflect.StringKind || of.IsList() {
					t.Errorf("%s: its subject %q is no string of the same message", f.FullName(), subject)
				}
				if f.Kind() != protoreflect.StringKind || f.IsList() {
					t.Errorf("%s: only single strings can be sealed", f.FullName())
				}
				if notPersonal(f) != "" {
					t.Errorf("%s is marked both ways", f.FullName())
				}
			case soundsPersonal(f) && notPersonal(f) == "":
				t.Errorf("%s: mark it (common.v1.personal), or say why it is not with (common.v1.not_personal)", f.FullName())
			}
		}
	}
	if marks == 0 {
		t.Error("no field is marked: the test does not see the options")
	}
}

// Stored bytes must not depend on an order that maps do not have, quantities
// of the law are whole numbers or decimal strings, and an event's content
// has a type.
func TestEventsHoldNoMapsFloatsOrAnything(t *testing.T) {
	for _, m := range reachable(eventFiles(t)) {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			switch {
			case f.IsMap():
				t.Errorf("%s is a map", f.FullName())
			case f.Kind() == protoreflect.FloatKind || f.Kind() == protoreflect.DoubleKind:
				t.Errorf("%s is a float", f.FullName())
			case f.Message() != nil && f.Message().FullName() == "google.protobuf.Any":
				t.Errorf("%s may be anything", f.FullName())
			}
		}
	}
}
