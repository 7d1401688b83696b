// Package page holds the pages: each is one function of what its handler
// asked the services for, and draws nothing that it was not given. The .templ
// files are the source, the _templ.go beside them are generated and committed.
//
// It may import component, words, form, static and the contracts, and never
// calls a service. Start with permit.templ, the page that shows most.
package page

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// StatusTone is how a stage of a permit looks.
func StatusTone(s permitsv1.PermitStatus) component.Tone {
	switch s {
	case permitsv1.PermitStatus_PERMIT_STATUS_ISSUED:
		return component.OK
	case permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT, permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED,
		permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD:
		return component.Warn
	case permitsv1.PermitStatus_PERMIT_STATUS_REFUSED, permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED,
		permitsv1.PermitStatus_PERMIT_STATUS_REVOKED, permitsv1.PermitStatus_PERMIT_STATUS_FORFEITED:
		return component.Bad
	case permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED, permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED,
		permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED, permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE:
		return component.Info
	default:
		return component.Mute
	}
}

// statusText is the stage in the service's words, or in ours if it gave none.
func statusText(ctx context.Context, t *commonv1.Text, s permitsv1.PermitStatus) string {
	if t.GetZh() != "" || t.GetEn() != "" {
		return words.From(t).In(ctx)
	}
	return words.Find(words.Statuses, s.String()).In(ctx)
}

func class(ctx context.Context, c permitsv1.ManagementClass) string {
	if c == permitsv1.ManagementClass_MANAGEMENT_CLASS_UNSPECIFIED {
		return words.Dash
	}
	return words.Find(words.Classes, c.String()).In(ctx)
}

// metres writes millimetres as metres, exactly.
func metres(mm int64) string {
	if mm == 0 {
		return words.Dash
	}
	s := strconv.FormatInt(mm, 10)
	for len(s) < 4 {
		s = "0" + s
	}
	whole, part := s[:len(s)-3], strings.TrimRight(s[len(s)-3:], "0")
	if part == "" {
		return whole + " m"
	}
	return whole + "." + part + " m"
}

func concentration(l *permitsv1.Limit) string {
	if l.GetConcentration() == "" {
		return words.Dash
	}
	return l.GetConcentration() + " " + words.Find(words.UnitSigns, l.GetUnit()).Zh
}

func averaging(ctx context.Context, a permitsv1.Averaging) string {
	if a == permitsv1.Averaging_AVERAGING_UNSPECIFIED {
		return words.Dash
	}
	return words.Find(words.Averagings, a.String()).In(ctx)
}

func mass(grams int64) string {
	if grams == 0 {
		return words.Dash
	}
	return words.Tonnes(grams) + " t"
}

func pollutant(ctx context.Context, code string) string {
	name := words.Find(words.Pollutants, code).In(ctx)
	if name == code {
		return code
	}
	return name + " " + code
}

// outletName is the code with what people call it.
func outletName(c *permitsv1.ApplicationContent, code string) string {
	for _, o := range c.GetOutlets() {
		if o.GetCode() == code {
			return code + " " + o.GetTitle()
		}
	}
	return code
}

func steps(ctx context.Context, list []*permitsv1.Step) []component.Step {
	out := make([]component.Step, len(list))
	for i, s := range list {
		out[i] = component.Step{Title: words.From(s.GetTitle()), State: s.GetState()}
		if s.GetDate() != nil {
			out[i].Note = words.ShortDay(ctx, s.GetDate())
		}
	}
	return out
}

func yesNo(ctx context.Context, b bool) string {
	if b {
		return words.Yes.In(ctx)
	}
	return words.No.In(ctx)
}

// FormedActs are the acts on a permit that have a form of their own.
var FormedActs = []string{
	"publish-notice", "withdraw", "correct-on-spot", "notice-deficiency", "accept", "decline", "pause-clock", "resume-clock",
	"record-site-check", "report-examination", "return-examination", "issue", "refuse", "record-delivery",
	"open-procedure", "propose-measure", "decide-measure", "enter-platform-number",
}

// ActPath is the address of an act's form; empty if it has none here.
func ActPath(permitID, name string) string {
	switch {
	case name == "submit":
		return component.Record("permits", permitID, "apply")
	case slices.Contains(FormedActs, name):
		return component.Record("permits", permitID, "act", name)
	}
	return ""
}

// short is the head and tail of a hash.
func short(hash string) string {
	if len(hash) < 12 {
		return hash
	}
	return hash[:4] + "…" + hash[len(hash)-4:]
}
