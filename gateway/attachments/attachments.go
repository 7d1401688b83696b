// Package attachments keeps uploaded files 附件: first in quarantine, then
// fit for use, until a command refers to them by their hash; what nothing
// refers to after a day is swept away.
//
//	upload ─▶ hash, type by content, size ─▶ quarantine ─▶ scan ─▶ fit │ refused
//	                                                                   └─▶ command {sha256} ─▶ referenced for ever
//
// The content lies in a [Bucket] under its SHA-256, one upload record per
// account beside it. Files that hold personal data (a mandate, a proof of
// identity) are encrypted with the uploader's key before they are hashed, so
// that erasing the person erases the file while every hash still verifies.
//
// Neither content nor upload records are events: they are on the list of
// things with their own backup (docs/architecture.md, "What is not events").
package attachments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"shiyang/internal/blob"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// MaxBytes is the size of the largest file.
const MaxBytes = 20 << 20

// OrphanAge is how long an upload waits for a command that refers to it.
const OrphanAge = 24 * time.Hour

// Bucket holds content under keys; a blob.Files does. Implementations are safe for concurrent
// use.
type Bucket interface {
	// Put stores content and returns when it is durable. Storing the same key
	// twice keeps the newer content.
	Put(ctx context.Context, key string, content []byte) error
	// Open reads content; a missing key is fs.ErrNotExist.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete removes content; a missing key is no error.
	Delete(ctx context.Context, key string) error
	// List visits the keys under a prefix until visit fails.
	List(ctx context.Context, prefix string, visit func(key string) error) error
}

// Sealer encrypts a person's files; [shiyang/internal/keyring] does.
type Sealer interface {
	Seal(ctx context.Context, subject string, plain, aad []byte) (string, error)
	Open(ctx context.Context, subject, sealed string, aad []byte) ([]byte, error)
}

// Scanner says whether content is harmless. A nil error is fit for use, a
// problem refuses the file for good, any other error leaves it in quarantine.
type Scanner interface {
	Scan(ctx context.Context, mediaType string, content []byte) error
}

// References knows which files the events refer to.
type References interface {
	// Of returns the records that refer to a file.
	Of(ctx context.Context, sha256 string) ([]Reference, error)
}

// Reference is one record that refers to a file.
type Reference struct{ Category, ID string }

// Viewer tells whether a caller may see a record.
type Viewer func(ctx context.Context, caller rpc.Caller, r Reference) bool

// Store keeps attachments. It is safe for concurrent use.
type Store struct {
	bucket  Bucket
	sealer  Sealer
	scanner Scanner
	refs    References
	sees    Viewer
	now     func() time.Time
}

// Deps is what a Store stands on; all are required.
type Deps struct {
	Bucket     Bucket
	Sealer     Sealer
	Scanner    Scanner
	References References
	Sees       Viewer
	Now        func() time.Time
}

// New returns a store.
func New(d Deps) *Store {
	return &Store{d.Bucket, d.Sealer, d.Scanner, d.References, d.Sees, d.Now}
}

// state of an upload.
const (
	quarantined = "quarantined"
	fit         = "fit"
	refused     = "refused"
)

// upload is what is kept of one account's upload of one file.
type upload struct {
	SHA256    string    `json:"sha256"`
	Size      int64     `json:"size"`
	MediaType string    `json:"mediaType"`
	Kind      string    `json:"kind"`
	Title     string    `json:"title"`
	Owner     string    `json:"owner"`
	Personal  bool      `json:"personal,omitempty"`
	State     string    `json:"state"`
	At        time.Time `json:"at"`
}

func (u upload) attachment() *commonv1.Attachment {
	return &commonv1.Attachment{Sha256: u.SHA256, Size: u.Size, MediaType: u.MediaType, Kind: u.Kind, Title: u.Title}
}

func blobKey(hash string) string          { return blob.Key(hash) }
func uploadKey(hash, owner string) string { return "uploads/" + hash + "/" + owner + ".json" }

// Put takes a file into custody for its owner's account and returns what a
// command has to say of it. Uploading the same file again is harmless.
func (s *Store) Put(ctx context.Context, owner, title, kind string, content io.Reader) (*commonv1.Attachment, error) {
	plain, err := io.ReadAll(io.LimitReader(content, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	mediaType, err := inspect(title, kind, plain)
	if err != nil {
		return nil, err
	}
	u := upload{Size: int64(len(plain)), MediaType: mediaType, Kind: kind, Title: cleanTitle(title), Owner: owner, Personal: personal(kind), State: quarantined, At: s.now().UTC()}
	stored := plain
	if u.Personal {
		sealed, err := s.sealer.Seal(ctx, owner, plain, []byte("attachment"))
		if err != nil {
			return nil, fmt.Errorf("seal upload: %w", err)
		}
		stored = []byte(sealed)
	}
	sum := sha256.Sum256(stored)
	u.SHA256 = hex.EncodeToString(sum[:])
	if err := s.bucket.Put(ctx, blobKey(u.SHA256), stored); err != nil {
		return nil, fmt.Errorf("store upload: %w", err)
	}
	if err := s.keep(ctx, u); err != nil {
		return nil, err
	}
	if _, err := s.release(ctx, u, plain); err != nil {
		return nil, err
	}
	return u.attachment(), nil
}

// release scans a quarantined file and records the outcome. A scanner that
// cannot answer leaves the file where it is: the next sweep asks again.
func (s *Store) release(ctx context.Context, u upload, plain []byte) (upload, error) {
	err := s.scanner.Scan(ctx, u.MediaType, plain)
	verdict, refusal := errors.AsType[*problem.Error](err)
	switch {
	case err == nil:
		u.State = fit
	case refusal:
		u.State = refused
	default:
		return u, nil
	}
	if err := s.keep(ctx, u); err != nil {
		return u, err
	}
	if u.State == refused {
		return u, verdict
	}
	return u, nil
}

func (s *Store) keep(ctx context.Context, u upload) error {
	record, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := s.bucket.Put(ctx, uploadKey(u.SHA256, u.Owner), record); err != nil {
		return fmt.Errorf("record upload: %w", err)
	}
	return nil
}

// Check finds out whether a command of this account may refer to a file: it
// was uploaded by the account, it is what the command says of it, and it is
// fit for use.
func (s *Store) Check(ctx context.Context, owner string, a *commonv1.Attachment) error {
	u, err := s.upload(ctx, a.GetSha256(), owner)
	if err != nil {
		return err
	}
	switch {
	case u.State == quarantined:
		return errQuarantined
	case u.State == refused:
		return errHarmful
	case u.Size != a.GetSize() || u.MediaType != a.GetMediaType() || u.Kind != a.GetKind():
		return errDiffers
	}
	return nil
}

// Open reads a file for its owner, or for somebody who may see a record that
// refers to it. The caller closes what it gets.
func (s *Store) Open(ctx context.Context, caller rpc.Caller, hash string) (*commonv1.Attachment, io.ReadCloser, error) {
	if !wellFormed(hash) {
		return nil, nil, problem.ErrNotFound
	}
	u, err := s.upload(ctx, hash, caller.Actor.ID)
	if err != nil {
		if u, err = s.visible(ctx, caller, hash); err != nil {
			return nil, nil, err
		}
	}
	if u.State != fit {
		return nil, nil, errQuarantined
	}
	content, err := s.bucket.Open(ctx, blobKey(hash))
	if err != nil {
		return nil, nil, fmt.Errorf("open attachment: %w", err)
	}
	if !u.Personal {
		return u.attachment(), content, nil
	}
	plain, err := s.unseal(ctx, u, content)
	if err != nil {
		return nil, nil, err
	}
	return u.attachment(), io.NopCloser(bytes.NewReader(plain)), nil
}

// visible finds an upload of a file that a record refers to which the caller
// may see.
func (s *Store) visible(ctx context.Context, caller rpc.Caller, hash string) (upload, error) {
	refs, err := s.refs.Of(ctx, hash)
	if err != nil {
		return upload{}, fmt.Errorf("references of attachment: %w", err)
	}
	for _, r := range refs {
		if s.sees(ctx, caller, r) {
			return s.anyUpload(ctx, hash)
		}
	}
	return upload{}, problem.ErrNotFound
}

func (s *Store) unseal(ctx context.Context, u upload, content io.ReadCloser) ([]byte, error) {
	sealed, err := io.ReadAll(content)
	if err = errors.Join(err, content.Close()); err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	plain, err := s.sealer.Open(ctx, u.Owner, string(sealed), []byte("attachment"))
	if err != nil {
		return nil, errErased
	}
	return plain, nil
}
