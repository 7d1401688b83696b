package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/keyring"
)

// restore fills the keyring of another database with an export.
func (d database) restore(t *testing.T, export []byte, master []byte) (*keyring.Keyring, error) {
	t.Helper()
	db := d.open(t)
	if err := keyring.Import(t.Context(), db, d.engine, bytes.NewReader(export)); err != nil {
		return nil, err
	}
	return keyring.Open(t.Context(), db, d.engine, master, keyring.Options{})
}

// both runs a test with an old database and a new one of the same kind.
func both(t *testing.T, test func(t *testing.T, old, fresh database)) {
	t.Helper()
	each(t, func(t *testing.T, old database) {
		each(t, func(t *testing.T, fresh database) { test(t, old, fresh) })
	})
}

func TestKeysComeBackFromAnExport(t *testing.T) {
	both(t, func(t *testing.T, old, fresh database) {
		k := old.ring(t, keyring.Options{})
		sealed := map[string]string{}
		for i := range 1200 { // more than two pages; each run has people of its own
			name := fmt.Sprintf("%s-%04d", t.Name(), i)
			sealed[name] = seal(t, k, name, name)
		}
		gone := t.Name() + "-0007"
		if err := k.Destroy(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		var export bytes.Buffer
		if err := k.Export(t.Context(), &export); err != nil {
			t.Fatal(err)
		}
		restored, err := fresh.restore(t, export.Bytes(), old.master)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range sealed {
			got, err := open(restored, name, text)
			switch {
			case name == gone:
				if !errors.Is(err, es.ErrErased) {
					t.Errorf("the erased person: %q, %v", got, err)
				}
			case err != nil:
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := fresh.restore(t, export.Bytes(), old.master); !errors.Is(err, keyring.ErrNotEmpty) {
			t.Errorf("a second import: %v", err)
		}
	})
}

// A backup that is older than an erasure still holds the key; the log's list
// of the erased takes it away.
func TestAnErasedPersonStaysErasedAfterARestore(t *testing.T) {
	both(t, func(t *testing.T, old, fresh database) {
		k, wang := old.ring(t, keyring.Options{}), t.Name()
		sealed := seal(t, k, wang, "王秀英")
		var export bytes.Buffer
		if err := k.Export(t.Context(), &export); err != nil {
			t.Fatal(err)
		}
		if err := k.Destroy(t.Context(), wang); err != nil {
			t.Fatal(err)
		}
		restored, err := fresh.restore(t, export.Bytes(), old.master)
		if err != nil {
			t.Fatal(err)
		}
		if err := restored.ReplayDestroyed(t.Context(), slices.Values([]string{wang})); err != nil {
			t.Fatal(err)
		}
		if got, err := open(restored, wang, sealed); !errors.Is(err, es.ErrErased) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestAnExportNeedsItsMasterKey(t *testing.T) {
	both(t, func(t *testing.T, old, fresh database) {
		k := old.ring(t, keyring.Options{})
		seal(t, k, wang, "王秀英")
		var export bytes.Buffer
		if err := k.Export(t.Context(), &export); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(export.String(), base64.StdEncoding.EncodeToString(old.master)) {
			t.Error("the export holds the master key")
		}
		if _, err := fresh.restore(t, export.Bytes(), bytes.Repeat([]byte{9}, 32)); err == nil || !strings.Contains(err.Error(), "master key does not fit") {
			t.Errorf("error = %v", err)
		}
	})
}

func TestADamagedExportChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		good := `{"subject":"a","wrapped":"AAAA","createdAt":"2026-11-23T04:00:00Z"}` + "\n"
		for _, bad := range []string{`{"subject":`, `{"createdAt":""}`, `{"subject":"b","createdAt":""}`, `{"subject":"b","wrapped":"AAAA","createdAt":"","destroyedAt":"x"}`} {
			if err := keyring.Import(t.Context(), d.open(t), d.engine, strings.NewReader(good+bad)); err == nil || errors.Is(err, keyring.ErrNotEmpty) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}
