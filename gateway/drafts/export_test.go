package drafts_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"shiyang/gateway/drafts"
	"shiyang/gateway/web"
	"shiyang/internal/readmodel/readmodeltest"
)

func TestDraftsComeBackFromAnExport(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, from string) {
		readmodeltest.EachURL(t, func(t *testing.T, to string) {
			old, fresh := open(t, from, time.Now), open(t, to, time.Now)
			saved := map[web.Draft]string{}
			for i := range 61 { // more than three pages, several drafts for a person
				d := web.Draft{Account: fmt.Sprintf("account-%d", i%7), Permit: fmt.Sprintf("permit-%02d", i)}
				saved[d] = fmt.Sprintf(`{"草稿":%d,"text":"a \"line\"\nand another"}`, i)
				if err := old.Save(t.Context(), d, []byte(saved[d])); err != nil {
					t.Fatal(err)
				}
			}
			var export bytes.Buffer
			if err := old.Export(t.Context(), &export); err != nil {
				t.Fatal(err)
			}
			if err := fresh.Import(t.Context(), strings.NewReader(export.String()+`{"account":""}`)); err == nil {
				t.Error("a damaged export was taken")
			}
			if err := fresh.Import(t.Context(), bytes.NewReader(export.Bytes())); err != nil {
				t.Fatal(err)
			}
			for d, want := range saved {
				if got := load(t, fresh, d); got != want {
					t.Errorf("%v: %q", d, got)
				}
			}
			var again bytes.Buffer
			if err := fresh.Export(t.Context(), &again); err != nil || again.String() != export.String() {
				t.Errorf("exported again: %v, %d bytes, not %d", err, again.Len(), export.Len())
			}
			if err := fresh.Import(t.Context(), bytes.NewReader(export.Bytes())); !errors.Is(err, drafts.ErrNotEmpty) {
				t.Errorf("a second import: %v", err)
			}
		})
	})
}
