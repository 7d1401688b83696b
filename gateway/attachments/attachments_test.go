package attachments_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"shiyang/gateway/attachments"
	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

const (
	owner    = "0190a000-0000-7000-8000-000000000001"
	stranger = "0190a000-0000-7000-8000-000000000002"
)

var pdf = []byte("%PDF-1.4\nan example\n%%EOF\n")

// desk is a store with everything around it that a test may turn.
type desk struct {
	*attachments.Store
	now     time.Time
	scanErr error
	refs    map[string][]attachments.Reference
	sees    bool
	files   *blob.Files
}

func (d *desk) Scan(ctx context.Context, mediaType string, content []byte) error {
	if d.scanErr != nil {
		return d.scanErr
	}
	return attachments.Contents{}.Scan(ctx, mediaType, content)
}

func (d *desk) Of(_ context.Context, hash string) ([]attachments.Reference, error) {
	return d.refs[hash], nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	files, err := blob.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	d := &desk{now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), refs: map[string][]attachments.Reference{}, files: files}
	d.Store = attachments.New(attachments.Deps{
		Bucket: files, Sealer: &estest.Keyring{}, Scanner: d, References: d,
		Sees: func(context.Context, rpc.Caller, attachments.Reference) bool { return d.sees },
		Now:  func() time.Time { return d.now },
	})
	return d
}

func (d *desk) put(t *testing.T, title, kind string, content []byte) *commonv1.Attachment {
	t.Helper()
	a, err := d.Put(t.Context(), owner, title, kind, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func caller(id string) rpc.Caller { return rpc.Caller{Actor: es.Actor{ID: id}} }

func (d *desk) open(t *testing.T, who string, hash string) ([]byte, error) {
	t.Helper()
	_, content, err := d.Open(t.Context(), caller(who), hash)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		t.Fatalf("error = %v, want %s", err, reason)
	}
	if p.Reason == reason {
		return
	}
	for _, f := range p.Errors {
		if f.Reason == reason {
			return
		}
	}
	t.Errorf("error = %v, want %s", err, reason)
}

func TestUploadedFileComesBack(t *testing.T) {
	d := newDesk(t)
	a := d.put(t, `C:\papers\licence.pdf`, "licence", pdf)
	if a.GetTitle() != "licence.pdf" || a.GetMediaType() != "application/pdf" || a.GetSize() != int64(len(pdf)) {
		t.Errorf("answered %v", a)
	}
	if err := d.Check(t.Context(), owner, a); err != nil {
		t.Error(err)
	}
	if got, err := d.open(t, owner, a.GetSha256()); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("read %q, %v", got, err)
	}
	if again := d.put(t, "licence.pdf", "licence", pdf); again.GetSha256() != a.GetSha256() {
		t.Error("the same file has two hashes")
	}
}

func TestOnlyTheOwnerOrAReaderOfTheRecordSeesAFile(t *testing.T) {
	d := newDesk(t)
	a := d.put(t, "licence.pdf", "licence", pdf)
	_, err := d.open(t, stranger, a.GetSha256())
	wantReason(t, err, "NOT_FOUND")
	wantReason(t, d.Check(t.Context(), stranger, a), "ATTACHMENT_UNKNOWN")

	d.refs[a.GetSha256()] = []attachments.Reference{{Category: "permit", ID: "1"}}
	_, err = d.open(t, stranger, a.GetSha256())
	wantReason(t, err, "NOT_FOUND")
	d.sees = true
	if got, err := d.open(t, stranger, a.GetSha256()); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestPersonalFilesAreStoredEncrypted(t *testing.T) {
	d := newDesk(t)
	a := d.put(t, "mandate.pdf", "mandate", pdf)
	err := d.files.List(t.Context(), "", func(key string) error {
		content, err := d.files.Open(t.Context(), key)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(content)
		if bytes.Contains(raw, []byte("an example")) {
			t.Errorf("%s holds the plain text", key)
		}
		return errors.Join(err, content.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.open(t, owner, a.GetSha256()); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestWrongFilesAreRefusedWithTheField(t *testing.T) {
	d := newDesk(t)
	for name, tc := range map[string]struct {
		title, kind string
		content     []byte
		want        string
	}{
		"empty":                            {"a.pdf", "licence", nil, "EMPTY_FILE"},
		"unknown kind":                     {"a.pdf", "selfie", pdf, "UNKNOWN_KIND"},
		"page that calls itself a picture": {"a.png", "licence", []byte("<!doctype html><script>1</script>"), "FILE_TYPE"},
		"program":                          {"a.exe", "other", []byte("MZ\x90\x00\x03"), "FILE_TYPE"},
		"ending does not agree":            {"a.png", "licence", pdf, "FILE_TYPE"},
		"document that carries a program":  {"a.pdf", "licence", []byte("%PDF-1.4\n<< /S /JavaScript /JS (x) >>\n"), "ATTACHMENT_REFUSED"},
		"test virus":                       {"a.txt", "other", []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`), "ATTACHMENT_REFUSED"},
		"too large":                        {"a.txt", "other", []byte(strings.Repeat("a", attachments.MaxBytes+1)), "FILE_TOO_LARGE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := d.Put(t.Context(), owner, tc.title, tc.kind, bytes.NewReader(tc.content))
			wantReason(t, err, tc.want)
		})
	}
}

func TestFileStaysInQuarantineUntilTheScannerAnswers(t *testing.T) {
	d := newDesk(t)
	d.scanErr = errors.New("scanner is away")
	a := d.put(t, "licence.pdf", "licence", pdf)
	wantReason(t, d.Check(t.Context(), owner, a), "ATTACHMENT_IN_QUARANTINE")
	_, err := d.open(t, owner, a.GetSha256())
	wantReason(t, err, "ATTACHMENT_IN_QUARANTINE")

	d.scanErr = nil
	if done, err := d.Sweep(t.Context()); err != nil || done.Released != 1 {
		t.Fatalf("swept %+v, %v", done, err)
	}
	if err := d.Check(t.Context(), owner, a); err != nil {
		t.Error(err)
	}
}

func TestOrphansAreSweptAfterADay(t *testing.T) {
	d := newDesk(t)
	kept := d.put(t, "kept.pdf", "licence", pdf)
	orphan := d.put(t, "orphan.txt", "other", []byte("an example"))
	shared, err := d.Put(t.Context(), stranger, "orphan.txt", "other", strings.NewReader("an example"))
	if err != nil || shared.GetSha256() != orphan.GetSha256() {
		t.Fatal(shared, err)
	}
	d.refs[kept.GetSha256()] = []attachments.Reference{{Category: "permit", ID: "1"}}

	d.now = d.now.Add(attachments.OrphanAge - time.Second)
	if done, err := d.Sweep(t.Context()); err != nil || done.Removed != 0 {
		t.Fatalf("swept too early: %+v, %v", done, err)
	}
	d.now = d.now.Add(time.Second)
	if done, err := d.Sweep(t.Context()); err != nil || done.Removed != 2 {
		t.Fatalf("swept %+v, %v", done, err)
	}
	wantReason(t, d.Check(t.Context(), owner, orphan), "ATTACHMENT_UNKNOWN")
	if err := d.Check(t.Context(), owner, kept); err != nil {
		t.Error(err)
	}
	var left []string
	if err := d.files.List(t.Context(), "", func(key string) error { left = append(left, key); return nil }); err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestACommandMustSayWhatTheUploadWas(t *testing.T) {
	d := newDesk(t)
	a := d.put(t, "licence.pdf", "licence", pdf)
	a.Size++
	wantReason(t, d.Check(t.Context(), owner, a), "ATTACHMENT_DIFFERS")
	wantReason(t, d.Check(t.Context(), owner, &commonv1.Attachment{Sha256: "../../etc/passwd"}), "ATTACHMENT_UNKNOWN")
}
