package visit

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// List reads what the address of a list asks for; the page sets Next after
// the call.
func (v *Visit) List() component.List {
	return component.List{
		Text: v.Query("q"), County: v.Query("county"), Status: v.Query("status"),
		Class: v.Query("class"), Order: v.Query("order"),
	}
}

// PersonID gives a person that a form names for the first time an id that is
// the same however often the form is sent.
func PersonID(p *commonv1.Person, command, part string) {
	if p != nil && p.GetId() == "" {
		space, err := uuid.Parse(command)
		if err != nil {
			space = uuid.Nil
		}
		p.Id = uuid.NewSHA1(space, []byte(part)).String()
	}
}

// Names asks what people call opaque ids; those that may not be seen, or
// cannot be asked for now, are left out.
func (v *Visit) Names(ids []string) map[string]string {
	if len(ids) == 0 || v.Session == nil {
		return nil
	}
	answer, err := v.Identity.ResolveNames(v.Ask(), &identityv1.ResolveNamesRequest{Ids: distinct(ids)})
	if err != nil {
		return nil
	}
	return answer.GetNames()
}

// distinct keeps the first of equal account ids, at most 200.
func distinct(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if _, err := uuid.Parse(id); err == nil && !seen[id] && len(out) < 200 {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Next is the address of a list's next page; empty at the end.
func (v *Visit) Next(cursor string) string {
	if cursor == "" {
		return ""
	}
	q := v.R.URL.Query()
	q.Set("after", cursor)
	q.Del("done")
	return v.R.URL.Path + "?" + q.Encode()
}

// OrID is the name behind an id, or the id.
func OrID(names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// Officers are the colleagues who may take part in an act on a record.
func (v *Visit) Officers() ([]form.Option, error) {
	list, err := v.Identity.ListColleagues(v.Ask(), &identityv1.ListColleaguesRequest{})
	if err != nil {
		return nil, err
	}
	var officers []form.Option
	for _, c := range list.GetColleagues() {
		if slices.ContainsFunc(c.GetRoles(), func(role string) bool {
			return May(rpc.Role(role), identityv1.IdentityService_ListColleagues_FullMethodName)
		}) {
			officers = append(officers, form.Option{Value: c.GetAccountId(), Label: words.Same(cmp.Or(c.GetName(), c.GetAccountId()))})
		}
	}
	return officers, nil
}

// Asked bounds a call that a page can do without.
func Asked[A any](answer A, err error) (A, error) {
	if IsProblem(err, problem.Forbidden) || IsProblem(err, problem.NotFound) {
		return answer, nil
	}
	return answer, err
}

// IsProblem reports whether an error is a problem of a kind.
func IsProblem(err error, kind problem.Kind) bool {
	refused := rpc.ProblemFrom(err)
	return refused != nil && refused.Kind == kind
}
