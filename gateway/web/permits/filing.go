package permits

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// checkContent asks the service what would be wrong or doubtful about what
// is filled in.
func (p *pages) checkContent(v *visit.Visit, values url.Values) (*permitsv1.CheckApplicationResponse, problem.Fields, error) {
	request := &permitsv1.CheckApplicationRequest{PermitId: v.R.PathValue("id")}
	wrong := allSteps().Decode(values, request)
	if request.Content == nil {
		request.Content = &permitsv1.ApplicationContent{}
	}
	request.Content.DeclaredTrue = true // the page asks for it last
	checked, err := p.client.CheckApplication(v.Ask(), request)
	if refused := rpc.ProblemFrom(err); refused != nil && refused.Kind == problem.Invalid {
		return &permitsv1.CheckApplicationResponse{
			Errors: rpc.FieldMessages(refused.Errors), Warnings: rpc.FieldMessages(refused.Warnings),
		}, wrong, nil
	}
	return checked, wrong, err
}

// showCheck shows all answers with what the service finds wrong or doubtful.
func (p *pages) showCheck(v *visit.Visit, permit *permitsv1.Permit, values url.Values, refused *problem.Error, command string) error {
	a := application(permit, len(sheet.Steps))
	a.Command, a.Refusal, a.Content = command, refused, contentOf(values)
	a.Filled = form.Filled{Form: sheet.Declaration(), Values: values}
	status := http.StatusOK
	checked, wrong, err := p.checkContent(v, values)
	if err != nil {
		return err
	}
	if refused != nil {
		status, wrong = visit.StatusOf(refused), visit.Merge(refused.Errors, problem.ErrInvalid.WithErrors(wrong...))
	}
	a.Filled.Errors = visit.Merge(wrong, problem.ErrInvalid.WithErrors(rpc.Fields(checked.GetErrors())...))
	a.Filled.Warnings = rpc.Fields(checked.GetWarnings())
	a.Answers = answers(v, a, values)
	f, at := v.Frame(words.CheckTitle.In(v.Text()), "/permits"), stepFor(permit.GetPermitId(), values)
	f.Wrong = refused != nil
	return v.Show(status, page.Check(f, a, func(w problem.Field) templ.SafeURL {
		return component.Link(v.Text(), at(w.Path))
	}))
}

// stepFor finds the address of the page and field that a problem belongs to.
func stepFor(permitID string, values url.Values) func(path string) string {
	shown := make([]form.Filled, len(sheet.Steps))
	for i, s := range sheet.Steps {
		shown[i] = form.Filled{Form: s.Form, Values: values}.Indexed()
	}
	return func(path string) string {
		for i, s := range sheet.Steps {
			if place := shown[i].Place(path); place != "" {
				return stepPath(permitID, s.Name) + "?check=1#" + component.FieldID(place)
			}
		}
		if strings.HasPrefix(path, "content.attachments") {
			return stepPath(permitID, "files")
		}
		return stepPath(permitID, "check") + "#" + component.FieldID("content.declaredTrue")
	}
}

// answers lists the single answers; lists are shown as the tables that they
// will be.
func answers(v *visit.Visit, a page.Application, values url.Values) []page.Answers {
	var parts []page.Answers
	for i, s := range sheet.Steps {
		for _, section := range s.Form {
			if len(section.Fields) == 0 {
				continue
			}
			part := page.Answers{Title: section.Title, Path: a.StepPaths[i]}
			for _, field := range section.Fields {
				text := values.Get(field.Path)
				for _, o := range field.Options {
					if o.Value == text {
						text = o.Label.In(v.Text())
					}
				}
				if text == "" {
					text = words.NotGiven.In(v.Text())
				}
				part.Rows = append(part.Rows, component.Pair{Name: field.Label, Value: text})
			}
			parts = append(parts, part)
		}
	}
	return parts
}

// submit files the application and throws the draft away.
func (p *pages) submit(v *visit.Visit) error {
	got, err := p.getPermit(v)
	if err != nil {
		return err
	}
	values, err := loadDraft(v, got.GetPermit())
	if err != nil {
		return err
	}
	values.Set("content.declaredTrue", v.R.PostForm.Get("content.declaredTrue"))
	request := &permitsv1.SubmitApplicationRequest{PermitId: got.GetPermit().GetPermitId()}
	f := append(allSteps(), sheet.Declaration()...)
	if wrong := f.Decode(values, request); len(wrong) > 0 {
		return p.showCheck(v, got.GetPermit(), values, problem.ErrInvalid.WithErrors(wrong...), v.Command())
	}
	if seen, err := strconv.ParseUint(v.R.PostForm.Get("seen"), 10, 64); err == nil {
		request.ExpectedRevision = seen
	}
	answer, err := p.client.SubmitApplication(v.Call(v.Command()), request)
	if refused := rpc.ProblemFrom(err); refused != nil && refused.Kind != problem.NotFound {
		return p.showCheck(v, got.GetPermit(), values, refused, v.Command())
	}
	if err != nil {
		return err
	}
	return p.submitted(v, answer.GetReceipt())
}

func (p *pages) submitted(v *visit.Visit, r *commonv1.Receipt) error {
	if err := v.Drafts.Delete(v.Text(), draft(v)); err != nil {
		return err
	}
	return v.See(visit.After(component.Record("permits", v.R.PathValue("id")), r))
}
