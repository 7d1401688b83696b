package attachments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"shiyang/internal/problem"
)

// Problems of attachments.
var (
	errUnknown = &problem.Error{Kind: problem.Invalid, Reason: "ATTACHMENT_UNKNOWN", Text: problem.Text{
		Zh: "没有您上传的这个文件，请先上传再提交。", En: "You have not uploaded this file. Upload it first.",
	}}
	errQuarantined = &problem.Error{Kind: problem.Unavailable, Reason: "ATTACHMENT_IN_QUARANTINE", Text: problem.Text{
		Zh: "文件还在安全检查中，请稍后再试。", En: "The file is still being checked. Try again in a while.",
	}}
	errHarmful = &problem.Error{Kind: problem.Invalid, Reason: "ATTACHMENT_REFUSED", Text: problem.Text{
		Zh: "文件没有通过安全检查，请换一个文件。", En: "The file did not pass the safety check. Use another one.",
	}}
	errDiffers = &problem.Error{Kind: problem.Invalid, Reason: "ATTACHMENT_DIFFERS", Text: problem.Text{
		Zh: "大小、类型或用途与上传时不一致，请照上传的回执填写。", En: "Size, type or kind differ from the upload. Repeat what the upload answered.",
	}}
	errErased = &problem.Error{Kind: problem.NotFound, Reason: "ATTACHMENT_ERASED", Text: problem.Text{
		Zh: "该文件含个人信息，已按申请删除。", En: "This file held personal data and was erased on request.",
	}}
)

// upload reads the record of one account's upload.
func (s *Store) upload(ctx context.Context, hash, owner string) (upload, error) {
	if !wellFormed(hash) || owner == "" || strings.ContainsAny(owner, "/\\") {
		return upload{}, errUnknown
	}
	return s.read(ctx, uploadKey(hash, owner))
}

func (s *Store) read(ctx context.Context, key string) (upload, error) {
	var u upload
	content, err := s.bucket.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return u, errUnknown
	}
	if err != nil {
		return u, fmt.Errorf("open upload record: %w", err)
	}
	raw, err := io.ReadAll(content)
	if err = errors.Join(err, content.Close()); err != nil {
		return u, fmt.Errorf("read upload record: %w", err)
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return u, fmt.Errorf("read upload record %s: %w", key, err)
	}
	return u, nil
}

// errFound ends a listing early.
var errFound = errors.New("found")

// anyUpload returns one account's upload of a file.
func (s *Store) anyUpload(ctx context.Context, hash string) (u upload, err error) {
	err = s.bucket.List(ctx, "uploads/"+hash+"/", func(key string) error {
		if u, err = s.read(ctx, key); err != nil {
			return err
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		return u, nil
	}
	if err == nil {
		err = problem.ErrNotFound
	}
	return upload{}, err
}

// Swept tells what one sweep did.
type Swept struct {
	Released int // left quarantine, fit or refused
	Removed  int // uploads that nothing refers to
}

// Sweep asks the scanner again about files in quarantine and removes uploads
// that are older than [OrphanAge] and that no event refers to, with their
// content when nobody else uploaded it. It is safe to run on every replica.
func (s *Store) Sweep(ctx context.Context) (Swept, error) {
	var done Swept
	var keys []string
	err := s.bucket.List(ctx, "uploads/", func(key string) error {
		keys = append(keys, key)
		return ctx.Err()
	})
	if err != nil {
		return done, fmt.Errorf("list uploads: %w", err)
	}
	for _, key := range keys {
		u, err := s.read(ctx, key)
		if errors.Is(err, errUnknown) {
			continue // another replica was faster
		}
		if err != nil {
			return done, err
		}
		if err := s.sweepOne(ctx, u, &done); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (s *Store) sweepOne(ctx context.Context, u upload, done *Swept) error {
	if s.now().Sub(u.At) >= OrphanAge {
		refs, err := s.refs.Of(ctx, u.SHA256)
		if err != nil {
			return fmt.Errorf("references of attachment: %w", err)
		}
		if len(refs) == 0 {
			done.Removed++
			return s.remove(ctx, u)
		}
	}
	if u.State != quarantined {
		return nil
	}
	plain, err := s.plain(ctx, u)
	if err != nil {
		return err
	}
	after, err := s.release(ctx, u, plain)
	if _, refusal := errors.AsType[*problem.Error](err); err != nil && !refusal {
		return err
	}
	if after.State != quarantined {
		done.Released++
	}
	return nil
}

func (s *Store) plain(ctx context.Context, u upload) ([]byte, error) {
	content, err := s.bucket.Open(ctx, blobKey(u.SHA256))
	if err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	if u.Personal {
		return s.unseal(ctx, u, content)
	}
	raw, err := io.ReadAll(content)
	return raw, errors.Join(err, content.Close())
}

func (s *Store) remove(ctx context.Context, u upload) error {
	if err := s.bucket.Delete(ctx, uploadKey(u.SHA256, u.Owner)); err != nil {
		return fmt.Errorf("remove upload record: %w", err)
	}
	_, err := s.anyUpload(ctx, u.SHA256)
	if err == nil {
		return nil // somebody else uploaded the same file
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if err := s.bucket.Delete(ctx, blobKey(u.SHA256)); err != nil {
		return fmt.Errorf("remove attachment: %w", err)
	}
	return nil
}
