package secrets_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"shiyang/gateway/identity/secrets"
)

func TestPasswordsComeBackFromAnExport(t *testing.T) {
	each(t, func(t *testing.T, old *secrets.Store, _ *time.Time) {
		each(t, func(t *testing.T, fresh *secrets.Store, _ *time.Time) {
			for i := range 3 {
				if err := old.SetFirst(t.Context(), fmt.Sprintf("account-%d", i), fmt.Sprintf("first-password-%d", i), "c"); err != nil {
					t.Fatal(err)
				}
			}
			code, err := old.Derive(t.Context(), "invitation", "a")
			if err != nil {
				t.Fatal(err)
			}
			token, _, err := old.OpenSession(t.Context(), "account-0", "seat")
			if err != nil {
				t.Fatal(err)
			}
			var export bytes.Buffer
			if err := old.Export(t.Context(), &export); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(export.String(), "first-password") || strings.Contains(export.String(), "seat") {
				t.Error("the export holds a password in plain, or a session")
			}
			if err := fresh.Import(t.Context(), strings.NewReader(export.String()+`{"account":"x"}`)); err == nil {
				t.Error("a damaged export was taken")
			}
			if err := fresh.Import(t.Context(), bytes.NewReader(export.Bytes())); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				account := fmt.Sprintf("account-%d", i)
				if err := fresh.Verify(t.Context(), account, account, fmt.Sprintf("first-password-%d", i), ""); err != nil {
					t.Errorf("%s cannot sign in: %v", account, err)
				}
			}
			if got, err := fresh.Derive(t.Context(), "invitation", "a"); err != nil || !bytes.Equal(got, code) {
				t.Errorf("a code that was given out is another one now: %v", err)
			}
			if _, ok, err := fresh.FindSession(t.Context(), token); ok || err != nil {
				t.Errorf("a session lives on in the restored bureau: %v", err)
			}
			if err := fresh.Import(t.Context(), bytes.NewReader(export.Bytes())); !errors.Is(err, secrets.ErrNotEmpty) {
				t.Errorf("a second import: %v", err)
			}
		})
	})
}
