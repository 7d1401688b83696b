package permits

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

// The application is filled in over several pages. What was typed is kept as
// a draft, right or wrong, until it is filed; nothing of it is an event.

func draft(v *visit.Visit) visit.Draft {
	return visit.Draft{Account: v.Session.Account, Permit: v.R.PathValue("id")}
}

// loadDraft returns what was typed so far; a first visit opens with what is
// on record.
func loadDraft(v *visit.Visit, p *permitsv1.Permit) (url.Values, error) {
	body, err := v.Drafts.Load(v.Text(), draft(v))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		content := p.GetContent()
		if content == nil {
			content = &permitsv1.ApplicationContent{ManagementClass: p.GetManagementClass()}
		}
		return allSteps().Encode(&permitsv1.SubmitApplicationRequest{Content: content}), nil
	}
	values := url.Values{}
	if err := json.Unmarshal(body, &values); err != nil {
		return nil, err
	}
	return values, nil
}

func saveDraft(v *visit.Visit, values url.Values) error {
	body, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return v.Drafts.Save(v.Text(), draft(v), body)
}

func allSteps() form.Form {
	var f form.Form
	for _, s := range sheet.Steps {
		f = append(f, s.Form...)
	}
	return f
}

func stepPath(permitID, step string) string {
	return component.Record("permits", permitID, "apply", step)
}

func (p *pages) applyStart(v *visit.Visit) error {
	got, err := p.getPermit(v)
	if err != nil {
		return err
	}
	if got.GetPermit().GetProcedure() == permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE {
		return v.See(component.Record("permits", v.R.PathValue("id"), "base-data"))
	}
	return v.See(stepPath(v.R.PathValue("id"), sheet.Steps[0].Name))
}

// stepOf finds a step of the application by its name; -1 if there is none.
func stepOf(name string) int {
	for i, s := range sheet.Steps {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// application is the frame of a step; at is its place, the check comes last.
func application(p *permitsv1.Permit, at int) page.Application {
	a := page.Application{Permit: p}
	a.Title, a.Back, a.Seen = words.StepCheck, stepPath(p.GetPermitId(), sheet.Steps[len(sheet.Steps)-1].Name), p.GetRevision()
	for i, s := range sheet.Steps {
		a.Steps = append(a.Steps, component.Step{Title: s.Title, State: stateOf(i, at)})
		a.StepPaths = append(a.StepPaths, stepPath(p.GetPermitId(), s.Name))
		if i == at {
			a.Title, a.Filled.Form, a.Files = s.Title, s.Form, s.Name == "files"
			a.Action = stepPath(p.GetPermitId(), s.Name)
		}
	}
	a.Steps = append(a.Steps, component.Step{Title: words.StepCheck, State: stateOf(len(sheet.Steps), at)})
	a.StepPaths = append(a.StepPaths, stepPath(p.GetPermitId(), "check"))
	if at == len(sheet.Steps) {
		a.Action = stepPath(p.GetPermitId(), "check")
	}
	return a
}

func stateOf(i, at int) string {
	switch {
	case i < at:
		return "done"
	case i == at:
		return "now"
	}
	return "todo"
}

func (p *pages) applyStep(v *visit.Visit) error {
	name := v.R.PathValue("step")
	if name == "discard" {
		return v.Show(http.StatusOK, page.Discard(v.Frame(words.DiscardTitle.In(v.Text()), "/permits"), v.R.PathValue("id")))
	}
	at := stepOf(name)
	if at < 0 && name != "check" {
		return problem.ErrNotFound
	}
	got, err := p.getPermit(v)
	if err != nil {
		return err
	}
	if err := mayFile(got); err != nil {
		return err
	}
	values, err := loadDraft(v, got.GetPermit())
	if err != nil {
		return err
	}
	if name == "check" {
		return p.showCheck(v, got.GetPermit(), values, nil, v.NewID())
	}
	a := application(got.GetPermit(), at)
	a.Filled.Values, a.Content = values, contentOf(values)
	if v.Query("check") != "" {
		checked, wrong, err := p.checkContent(v, values)
		if err != nil {
			return err
		}
		placed(&a, append(wrong, rpc.Fields(checked.GetErrors())...), rpc.Fields(checked.GetWarnings()))
	}
	return showStep(v, http.StatusOK, a)
}

// mayFile refuses to open the form when the law does not allow filing now.
func mayFile(got *permitsv1.GetPermitResponse) error {
	switch got.GetPermit().GetStage() {
	case permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE, permitsv1.PermitStatus_PERMIT_STATUS_DRAFT:
		return nil // may be filled in before it may be filed
	default:
		return visit.Allowed(got.GetActions(), "submit")
	}
}

func showStep(v *visit.Visit, status int, a page.Application) error {
	f := v.Frame(a.Title.In(v.Text()), "/permits")
	f.Wrong = status >= http.StatusBadRequest || a.Refusal != nil
	return v.Show(status, page.Step(f, a))
}

// placed keeps the problems that belong to fields of this page.
func placed(a *page.Application, errors, warnings []problem.Field) {
	shown := a.Filled.Indexed()
	for _, e := range errors {
		if e.Path != "" && shown.Place(e.Path) != "" {
			a.Filled.Errors = append(a.Filled.Errors, e)
		}
	}
	for _, w := range warnings {
		if w.Path != "" && shown.Place(w.Path) != "" {
			a.Filled.Warnings = append(a.Filled.Warnings, w)
		}
	}
	if len(a.Filled.Errors) > 0 {
		a.Refusal = problem.ErrInvalid
	}
}

func contentOf(values url.Values) *permitsv1.ApplicationContent {
	var m permitsv1.SubmitApplicationRequest
	allSteps().Decode(values, &m)
	return m.GetContent()
}

// saveStep keeps what was typed and does what the pressed button says.
func (p *pages) saveStep(v *visit.Visit) error {
	name, id := v.R.PathValue("step"), v.R.PathValue("id")
	if err := v.Parse(); err != nil {
		return err
	}
	switch {
	case name == "discard":
		if err := v.Drafts.Delete(v.Text(), draft(v)); err != nil {
			return err
		}
		return v.See(component.Record("permits", id))
	case name == "check":
		return p.submit(v)
	case stepOf(name) < 0:
		return problem.ErrNotFound
	}
	got, err := p.getPermit(v)
	if err != nil {
		return err
	}
	values, err := loadDraft(v, got.GetPermit())
	if err != nil {
		return err
	}
	at := stepOf(name)
	a := application(got.GetPermit(), at)
	changed, wrong := takeStep(v, &a, values)
	if err := saveDraft(v, values); err != nil {
		return err
	}
	a.Filled.Values, a.Content = values, contentOf(values)
	forward := v.R.PostForm.Get("save") == "" && !changed && v.R.PostForm.Get("upload") == ""
	if forward {
		wrong = append(wrong, checkedHere(&a, values)...)
	}
	placed(&a, wrong, nil)
	switch {
	case a.Refusal != nil:
		return showStep(v, http.StatusUnprocessableEntity, a)
	case !forward:
		a.Saved = v.R.PostForm.Get("save") != ""
		return showStep(v, http.StatusOK, a)
	}
	return v.See(a.StepPaths[at+1])
}

// takeStep moves what was typed on this page into the draft and carries out a
// button for rows or files.
func takeStep(v *visit.Visit, a *page.Application, draft url.Values) (changed bool, wrong problem.Fields) {
	if a.Files {
		draft.Set(form.ChangeField, v.R.PostForm.Get(form.ChangeField))
		changed = a.Filled.Form.Change(draft)
		if kind := v.R.PostForm.Get("kind"); v.R.PostForm.Get("upload") != "" || v.R.PostForm.Get("save") == "" && !changed {
			uploadFile(v, a, draft, kind, &wrong)
		}
		return changed, wrong
	}
	for name := range draft {
		if a.Filled.Form.Knows(name) {
			delete(draft, name)
		}
	}
	for name, typed := range v.R.PostForm {
		if a.Filled.Form.Knows(name) {
			draft[name] = typed
		}
	}
	if changed = a.Filled.Form.Change(draft); !changed {
		a.Filled.Form.Tidy(draft)
	}
	var m permitsv1.SubmitApplicationRequest
	if !changed {
		wrong = a.Filled.Form.Decode(draft, &m)
	}
	return changed, wrong
}

// uploadFile stores one file and adds it to the draft's list.
func uploadFile(v *visit.Visit, a *page.Application, draft url.Values, kind string, wrong *problem.Fields) {
	upload := form.Form{{Fields: []form.Field{{Path: "kind"}, {Path: "file", Kind: form.File}}}}
	rows := a.Filled.Form[0].Rows
	defer func() {
		draft.Del("kind")
		if len(*wrong) > 0 {
			a.Filled.Form = upload
		}
	}()
	if v.R.MultipartForm == nil || len(v.R.MultipartForm.File["file"]) == 0 {
		if v.R.PostForm.Get("upload") != "" {
			wrong.Add("file", "", "CHOOSE_FILE", "先选择文件，再上传", "Choose a file first")
		}
		return
	}
	if words.Find(words.AttachmentKinds, kind) == words.Same(kind) {
		wrong.Add("kind", kind, "CHOOSE_KIND", "选一种附件种类", "Choose the kind of document")
		return
	}
	values := url.Values{}
	v.Upload(values, "file", kind, wrong)
	if len(*wrong) > 0 || values.Get("file.sha256") == "" {
		return
	}
	row := rows.Path + "[" + strconv.Itoa(rows.Count(draft)) + "]"
	for name, value := range values {
		draft[row+strings.TrimPrefix(name, "file")] = value
	}
}

// checkedHere asks the contract's rules about this page only; what crosses
// pages is checked before filing.
func checkedHere(a *page.Application, values url.Values) problem.Fields {
	request := &permitsv1.CheckApplicationRequest{PermitId: a.Permit.GetPermitId(), Content: contentOf(values)}
	refused := rpc.ProblemFrom(rpc.Validate(request))
	if refused == nil {
		return nil
	}
	return refused.Errors
}
