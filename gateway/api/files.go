package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// MaxFile is the largest attachment in bytes.
const MaxFile = 20 << 20

var (
	errNoFile = &problem.Error{Kind: problem.Invalid, Reason: "NO_FILE", Text: problem.Text{
		Zh: "请用 multipart/form-data 上传一个名为 file 的文件，并在它之前给出 kind。",
		En: "Send multipart/form-data with one file named file, and kind before it.",
	}}
	errFileTooLarge = &problem.Error{Kind: problem.TooLarge, Reason: "FILE_TOO_LARGE", Text: problem.Text{
		Zh: "文件最大 20 MiB。", En: "A file may hold 20 MiB at most.",
	}}
)

// upload takes one file of a multipart form into custody and answers with
// what a command has to say of it.
func (a *API) upload(w http.ResponseWriter, r *http.Request) {
	caller, _, err := a.caller(r)
	if err == nil && caller.Actor.ID == "" {
		err = rpc.ErrSignIn
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxFile+64<<10)
	kind, part, err := filePart(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	stored, err := a.Attachments.Put(r.Context(), caller.Actor.ID, part.FileName(), kind, part)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		err = errFileTooLarge
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusCreated, map[string]any{
		"sha256": stored.GetSha256(), "size": strconv.FormatInt(stored.GetSize(), 10),
		"mediaType": stored.GetMediaType(), "kind": stored.GetKind(), "title": stored.GetTitle(),
	})
}

// filePart finds the file of an upload and the kind given before it.
func filePart(r *http.Request) (kind string, file *multipart.Part, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, errNoFile
	}
	kind = "other"
	for {
		part, err := form.NextPart()
		if err != nil {
			return "", nil, errNoFile
		}
		switch part.FormName() {
		case "kind":
			text, err := io.ReadAll(io.LimitReader(part, 41))
			if err != nil || len(text) == 0 || len(text) > 40 {
				return "", nil, errNoFile
			}
			kind = string(text)
		case "file":
			return kind, part, nil
		}
	}
}

// download sends a stored file, always as a file: nothing that was uploaded
// is ever shown as a page of ours.
func (a *API) download(w http.ResponseWriter, r *http.Request) {
	caller, _, err := a.caller(r)
	if err == nil && caller.Actor.ID == "" {
		err = rpc.ErrSignIn
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	stored, content, err := a.Attachments.Open(r.Context(), caller, r.PathValue("sha256"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer func() { _ = content.Close() }() // reading only
	w.Header().Set("Content-Type", stored.GetMediaType())
	w.Header().Set("Content-Length", strconv.FormatInt(stored.GetSize(), 10))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": stored.GetTitle()}))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	// The connection is the caller's: if it is gone there is nobody to tell.
	_, _ = io.Copy(w, content)
}
