package permits

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// firm reports whether the visitor acts for a firm.
func firm(v *visit.Visit) bool { return v.Role().Firm() }

// adapt makes the form of an act on a granted permit fit who fills it in, and
// writes what no form asks for.
func adapt(v *visit.Visit, t *visit.Task, permit *permitsv1.Permit) {
	switch m := t.Request.(type) {
	case *permitsv1.OpenProcedureRequest:
		if firm(v) {
			return
		}
		t.Lead, t.Filled.Form = leadAuthority, authorityForm()
		t.Start = t.Filled.Form.Encode(&permitsv1.OpenProcedureRequest{Content: permit.GetContent()})
		t.Prepare = func(string) {
			m.Kind = permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY
			keepFiles(m.GetContent(), permit.GetContent())
		}
	case *permitsv1.ProposeMeasureRequest:
		if firm(v) {
			t.Lead, t.Filled.Form = leadAsk, holderMeasureForm()
		}
	case *permitsv1.EnterPlatformNumberRequest:
		t.Prepare = func(string) { m.Source = "manual" }
	case *permitsv1.ReportExaminationRequest:
		t.Start = t.Filled.Form.Encode(&permitsv1.ReportExaminationRequest{Conditions: permit.GetContent().GetConditions()})
		t.Start.Del("recommendGrant")
	}
}

// baseData is the form of a change of base data: the content of the permit
// stays as it is and is sent along.
func (p *pages) baseData(v *visit.Visit) (*visit.Task, error) {
	got, err := p.getPermit(v)
	if err != nil {
		return nil, err
	}
	permit := got.GetPermit()
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), "submit"); err != nil {
			return nil, err
		}
	}
	request := &permitsv1.SubmitApplicationRequest{PermitId: permit.GetPermitId()}
	back := component.Record("permits", permit.GetPermitId())
	f := baseForm()
	start := f.Encode(&permitsv1.SubmitApplicationRequest{BaseData: permit.GetBaseData()})
	return &visit.Task{
		Task: component.Task{
			Title: doBase, Lead: leadBase, Button: doBase, Back: back, Seen: permit.GetRevision(),
			Crumbs: []component.Crumb{{Text: words.Permits, Path: "/permits"}, {Text: words.Same(permit.GetUnitName()), Path: back}, {Text: doBase}},
			Filled: form.Filled{Form: f},
		},
		Here: "/permits", Request: request, Send: visit.Send(p.client.SubmitApplication, request), Done: visit.ToRecord(back),
		Record: [2]string{"permit", permit.GetPermitId()}, Aside: page.Beside(permit, got.GetDeadlines(), v.Now()), Start: start,
		Prepare: func(string) {
			declared := request.GetContent().GetDeclaredTrue()
			request.Content = proto.CloneOf(permit.GetContent())
			request.Content.DeclaredTrue = declared
			if r := request.GetBaseData().GetLegalRepresentative(); r != nil && r.GetName() == permit.GetBaseData().GetLegalRepresentative().GetName() {
				r.Id = permit.GetBaseData().GetLegalRepresentative().GetId() // the same person
			}
		},
	}, nil
}

// versions shows the versions of a permit and the difference of two.
func (p *pages) versions(v *visit.Visit) error {
	permit, err := p.getPermit(v)
	if err != nil {
		return err
	}
	got, err := p.client.ListVersions(v.Ask(), &permitsv1.ListVersionsRequest{
		PermitId: v.R.PathValue("id"), FromVersion: number(v.Query("from")), ToVersion: number(v.Query("to")),
	})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, versionsPage(v.Frame(versionsTitle.In(v.Text()), "/permits"), permit.GetPermit(), got))
}

func number(s string) int32 {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int32(n)
}

// paper shows the certificate as it is printed: original and copy.
func (p *pages) paper(v *visit.Visit) error {
	got, err := p.client.GetCertificate(v.Ask(), &permitsv1.GetCertificateRequest{PermitId: v.R.PathValue("id"), On: day(v)})
	if err != nil {
		return err
	}
	c := got.GetCertificate()
	code, err := p.code(v, c.GetPublicPath())
	if err != nil {
		return err
	}
	f := v.Frame(certificateTitle.In(v.Text()), "/permits")
	f.Paper = true
	return v.Show(http.StatusOK, certificatePage(f, c, code))
}

// code is the picture of the certificate's address: the number, the day and
// nothing about anybody.
func (p *pages) code(v *visit.Visit, path string) (picture, error) {
	if path == "" {
		return picture{}, nil
	}
	at := url.URL{Scheme: "http", Host: v.R.Host}
	if v.Secure {
		at.Scheme = "https"
	}
	return draw(at.String() + "/" + string(v.Lang) + path)
}

// day is the day that the address asks for; none for today.
func day(v *visit.Visit) *commonv1.Date {
	iso := v.Query("on")
	if _, err := time.Parse(time.DateOnly, iso); err != nil {
		return nil
	}
	return &commonv1.Date{Iso: iso}
}

// scanned is what anybody sees who scans the code: the version in force today,
// whatever the paper says.
func (p *pages) scanned(v *visit.Visit) error {
	request := &permitsv1.GetRegisterVersionRequest{PermitNumber: v.R.PathValue("number")}
	if v.Query("as") == "printed" {
		request.On = day(v)
	}
	got, err := p.client.GetRegisterVersion(v.Ask(), request)
	if visit.IsProblem(err, problem.Invalid) {
		return problem.ErrNotFound
	}
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, scannedPage(v.Frame(publicTitle.In(v.Text()), "/register"), got.GetCertificate(), request.GetOn().GetIso()))
}
