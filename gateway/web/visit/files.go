package visit

import (
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// Values reads what was typed into the fields of a form and nothing else, and
// stores the files that came with it. Files that are refused are problems of
// their fields.
func (v *Visit) Values(f form.Form) (url.Values, problem.Fields, error) {
	var wrong problem.Fields
	if err := v.Parse(); err != nil {
		return nil, nil, err
	}
	values := url.Values{}
	for name, typed := range v.R.PostForm {
		if f.Knows(name) {
			values[name] = typed
		}
	}
	f.Each(values, func(path string, _ int, field form.Field) {
		if field.Kind == form.File {
			v.check(values, path, &wrong)
			v.Upload(values, path, field.Attach, &wrong)
		}
	})
	return values, wrong, nil
}

// Parse reads the form of a request once; the portal has bounded its size.
func (v *Visit) Parse() error {
	if strings.HasPrefix(v.R.Header.Get("Content-Type"), "multipart/form-data") {
		return v.R.ParseMultipartForm(MostForm) //nolint:gosec // guard bounds every body before a page sees it
	}
	return v.R.ParseForm()
}

// Upload stores the file of one field and writes what was found into the
// values.
func (v *Visit) Upload(values url.Values, path, kind string, wrong *problem.Fields) {
	file, head, err := v.R.FormFile(path)
	if err != nil {
		return // no file was chosen
	}
	defer func() { _ = file.Close() }()
	a, err := v.Attachments.Put(v.Text(), v.Session.Account, head.Filename, kind, file)
	if err != nil {
		if refused := rpc.ProblemFrom(err); refused != nil {
			for _, e := range refused.Errors {
				wrong.Add(path, "", e.Reason, e.Text.Zh, e.Text.En)
			}
			if len(refused.Errors) == 0 {
				wrong.Add(path, "", refused.Reason, refused.Text.Zh, refused.Text.En)
			}
			return
		}
		wrong.Add(path, "", "NOT_STORED", words.ErrUnavailable.Zh, words.ErrUnavailable.En)
		return
	}
	attach(values, path, a)
}

func attach(values url.Values, path string, a *commonv1.Attachment) {
	values.Set(path+".sha256", a.GetSha256())
	values.Set(path+".size", strconv.FormatInt(a.GetSize(), 10))
	values.Set(path+".mediaType", a.GetMediaType())
	values.Set(path+".kind", a.GetKind())
	values.Set(path+".title", a.GetTitle())
}

func hasFile(f form.Form) bool {
	return slices.ContainsFunc(f, func(s form.Section) bool {
		return slices.ContainsFunc(s.Fields, func(field form.Field) bool { return field.Kind == form.File })
	})
}

// check refuses a reference that travelled through the browser and is not
// what was uploaded.
func (v *Visit) check(values url.Values, path string, wrong *problem.Fields) {
	if values.Get(path+".sha256") == "" {
		return
	}
	size, err := strconv.ParseInt(values.Get(path+".size"), 10, 64)
	if err == nil {
		err = v.Attachments.Check(v.Text(), v.Session.Account, &commonv1.Attachment{
			Sha256: values.Get(path + ".sha256"), Size: size, MediaType: values.Get(path + ".mediaType"),
			Kind: values.Get(path + ".kind"), Title: values.Get(path + ".title"),
		})
	}
	if err == nil {
		return
	}
	wrong.Add(path, "", "NOT_YOUR_FILE", words.ChooseAgain.Zh, words.ChooseAgain.En)
	for _, part := range []string{"sha256", "size", "mediaType", "kind", "title"} {
		values.Del(path + "." + part)
	}
}

// file hands out an attachment, always to be saved and never to be shown by
// the browser inside the portal.
func file(v *Visit) error {
	actor := rpc.Actor{ID: v.Session.Account, Role: string(v.Role())}
	if s := v.Seat(); s != nil {
		actor.Org, actor.County = s.GetOrg(), s.GetCounty()
	}
	a, content, err := v.Attachments.Open(v.Text(), rpc.Caller{
		Actor: actor, CorrelationID: v.correl, Client: "web", Lang: string(v.Lang),
	}, v.R.PathValue("sha256"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := v.W.Header()
	h.Set("Content-Type", a.GetMediaType())
	h.Set("Content-Length", strconv.FormatInt(a.GetSize(), 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.GetTitle()}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	if v.R.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(v.W, content); err != nil {
		v.Logger.DebugContext(v.Text(), "file not received", slog.Any("error", err))
	}
	return nil
}
