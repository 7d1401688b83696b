package web

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

// values reads what was typed into the fields of a form and nothing else, and
// stores the files that came with it. Files that are refused are problems of
// their fields.
func (v *visit) values(f form.Form) (url.Values, problem.Fields, error) {
	var wrong problem.Fields
	if err := v.parse(); err != nil {
		return nil, nil, err
	}
	values := url.Values{}
	for name, typed := range v.r.PostForm {
		if f.Knows(name) {
			values[name] = typed
		}
	}
	f.Each(values, func(path string, _ int, field form.Field) {
		if field.Kind == form.File {
			v.check(values, path, &wrong)
			v.upload(values, path, field.Attach, &wrong)
		}
	})
	return values, wrong, nil
}

func (v *visit) parse() error {
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		return v.r.ParseMultipartForm(mostForm) //nolint:gosec // guard bounds every body before a page sees it
	}
	return v.r.ParseForm()
}

// upload stores the file of one field and writes what was found into the
// values.
func (v *visit) upload(values url.Values, path, kind string, wrong *problem.Fields) {
	file, head, err := v.r.FormFile(path)
	if err != nil {
		return // no file was chosen
	}
	defer func() { _ = file.Close() }()
	a, err := v.Attachments.Put(v.text(), v.session.Account, head.Filename, kind, file)
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

// file hands out an attachment, always to be saved and never to be shown by
// the browser inside the portal.
func (p *pages) file(v *visit) error {
	actor := rpc.Actor{ID: v.session.Account, Role: string(v.role())}
	if s := v.seat(); s != nil {
		actor.Org, actor.County = s.GetOrg(), s.GetCounty()
	}
	a, content, err := p.Attachments.Open(v.text(), rpc.Caller{
		Actor: actor, CorrelationID: v.correl, Client: "web", Lang: string(v.lang),
	}, v.r.PathValue("sha256"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := v.w.Header()
	h.Set("Content-Type", a.GetMediaType())
	h.Set("Content-Length", strconv.FormatInt(a.GetSize(), 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.GetTitle()}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	if v.r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(v.w, content); err != nil {
		p.Logger.DebugContext(v.text(), "file not received", slog.Any("error", err))
	}
	return nil
}

// check refuses a reference that travelled through the browser and is not
// what was uploaded.
func (v *visit) check(values url.Values, path string, wrong *problem.Fields) {
	if values.Get(path+".sha256") == "" {
		return
	}
	size, err := strconv.ParseInt(values.Get(path+".size"), 10, 64)
	if err == nil {
		err = v.Attachments.Check(v.text(), v.session.Account, &commonv1.Attachment{
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
