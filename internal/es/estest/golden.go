package estest

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/es"
)

var update = flag.Bool("update", false, "write golden files that are missing; existing ones are never changed")

// Bytes compares got with the golden file, which ends in one newline more.
// With -update a missing file is written.
func Bytes(t testing.TB, file string, got []byte) {
	t.Helper()
	golden, err := os.ReadFile(file) //nolint:gosec // the test names its own file
	if errors.Is(err, fs.ErrNotExist) && *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		golden = append(bytes.Clone(got), '\n')
		err = os.WriteFile(file, golden, 0o600)
	}
	if err != nil {
		t.Fatalf("%v\nrun the test with -update to write golden files that are missing", err)
	}
	if want := bytes.TrimSuffix(golden, []byte("\n")); !bytes.Equal(got, want) {
		t.Errorf("%s: stored bytes are for ever, but now they differ\n got %s\nwant %s", file, got, want)
	}
}

// Golden checks for every sample that it is written as the golden file
// dir/<type>.json says, and that the golden file reads as the sample. Golden
// files are added, never changed: what was stored once must stay readable.
// Use a codec with [Keyring]. A sample should set every field.
func Golden(t *testing.T, codec *es.Codec, dir string, samples ...es.Event) {
	t.Helper()
	for _, sample := range samples {
		t.Run(es.TypeName(sample), func(t *testing.T) {
			t.Helper()
			typ, data, err := codec.Encode(t.Context(), sample)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, codec, filepath.Join(dir, typ+".json"), sample, data)
		})
	}
}

// GoldenVariant is Golden for one more sample of a type that has a golden
// file already: after a field was added, the old file stays as it is and the
// new field goes into a sample under a name of its own, dir/<type>@name.json.
func GoldenVariant(t testing.TB, codec *es.Codec, dir, name string, sample es.Event) {
	t.Helper()
	typ, data, err := codec.Encode(t.Context(), sample)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, codec, filepath.Join(dir, typ+"@"+name+".json"), sample, data)
}

func golden(t testing.TB, codec *es.Codec, file string, sample es.Event, data []byte) {
	t.Helper()
	Bytes(t, file, data)
	if t.Failed() {
		return
	}
	typ := es.TypeName(sample)
	got, err := codec.Decode(t.Context(), typ, data)
	if err != nil {
		t.Fatal(err)
	}
	// An event that is no longer written is read as the one that is.
	if es.TypeName(got) == typ && !proto.Equal(got, sample) {
		t.Errorf("%s reads as %v, want %v", file, got, sample)
	}
}

// EventsOf lists the events of an events.proto: its messages that are not
// parts of others.
func EventsOf(file protoreflect.FileDescriptor) []protoreflect.MessageDescriptor {
	parts := map[protoreflect.FullName]bool{}
	messages := file.Messages()
	for i := range messages.Len() {
		fields := messages.Get(i).Fields()
		for j := range fields.Len() {
			if part := fields.Get(j).Message(); part != nil {
				parts[part.FullName()] = true
			}
		}
	}
	var events []protoreflect.MessageDescriptor
	for i := range messages.Len() {
		if m := messages.Get(i); !parts[m.FullName()] {
			events = append(events, m)
		}
	}
	return events
}

// EveryEventHasGolden fails for each event of an events.proto that has no
// golden file in dir.
func EveryEventHasGolden(t testing.TB, file protoreflect.FileDescriptor, dir string) {
	t.Helper()
	for _, m := range EventsOf(file) {
		name := filepath.Join(dir, string(m.FullName())+".json")
		if _, err := os.Stat(name); err != nil {
			t.Errorf("event %s has no golden file: %v", m.FullName(), err)
		}
	}
}
