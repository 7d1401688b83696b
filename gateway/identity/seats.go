package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/firm"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// A seat 身份 is a capacity in which a person acts. Its id is stable: a duty
// of the bureau is "staff:<role>:<county>", a membership "firm:<firm id>".
func dutySeat(role, county string) string { return "staff:" + role + ":" + county }

func firmSeat(firmID string) string { return "firm:" + firmID }

// rightsAge is how late another process's revocation of a right may be seen
// here. One that this process took is seen at once.
const rightsAge = 2 * time.Second

// accountNow and firmNow are what the questions of every request ask.
func (s *Service) accountNow(ctx context.Context, id string) (account.Account, error) {
	a, _, err := s.accounts.Recent(ctx, id, rightsAge)
	return a, err
}

func (s *Service) firmNow(ctx context.Context, id string) (firm.Firm, error) {
	f, _, err := s.firms.Recent(ctx, id, rightsAge)
	return f, err
}

// occupy returns the actor that an account is in a seat, as the aggregates
// say now; ok is false if it does not hold the seat. No seat at all is always
// held: a signed-in person without any capacity.
func (s *Service) occupy(ctx context.Context, accountID string, a account.Account, seatID string) (actor rpc.Actor, ok bool, err error) {
	actor = rpc.Actor{ID: accountID, Role: string(rpc.Person)}
	kind, rest, _ := strings.Cut(seatID, ":")
	switch kind {
	case "":
		return actor, true, nil
	case "staff":
		role, county, _ := strings.Cut(rest, ":")
		actor.Role, actor.County, actor.Org = role, county, county
		return actor, a.Holds(account.Duty{Role: role, County: county}), nil
	case "firm":
		f, err := s.firmNow(ctx, rest)
		if err != nil {
			return actor, false, fmt.Errorf("load firm of seat: %w", err)
		}
		m := f.Members[accountID]
		actor.Role, actor.Org = m.Role, rest
		if m.Role == firm.Consultant {
			actor.OnBehalfOf = []string{rest}
		}
		return actor, m.Active(s.today()), nil
	}
	return actor, false, nil
}

// seats lists what an account may act as now: duties in the order of grant,
// then firms. The directory finds the firms; the firms themselves decide.
func (s *Service) seats(ctx context.Context, accountID string, a account.Account) ([]*identityv1.Seat, error) {
	var out []*identityv1.Seat
	for _, d := range a.Duties {
		out = append(out, s.staffSeat(d.Role, d.County))
	}
	firms, err := s.directory.FirmsOf(ctx, accountID)
	if err != nil {
		return nil, err
	}
	for _, id := range firms {
		f, err := s.firmNow(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("load firm of member: %w", err)
		}
		m := f.Members[accountID]
		if !m.Active(s.today()) {
			continue
		}
		seat := &identityv1.Seat{
			SeatId: firmSeat(id), Role: m.Role, Org: id, County: f.Division,
			OrgTitle:  &commonv1.Text{Zh: f.UnitName, En: f.UnitName},
			RoleTitle: text(rpc.Role(m.Role).Title()), To: isoDate(m.To),
		}
		out = append(out, seat)
	}
	return out, nil
}

func (s *Service) staffSeat(role, county string) *identityv1.Seat {
	return &identityv1.Seat{
		SeatId: dutySeat(role, county), Role: role, Org: county, County: county,
		OrgTitle: text(s.organ(county)), RoleTitle: text(rpc.Role(role).Title()),
	}
}

// organ is the name of the prefecture's bureau, with the county that a duty is
// held for.
func (s *Service) organ(county string) problem.Text {
	if s.law == nil {
		return problem.Text{Zh: county, En: county}
	}
	divisions := s.law().On(s.today())
	d, ok := divisions.Division(county)
	if !ok {
		return problem.Text{Zh: county, En: county}
	}
	if d.Level == "prefecture" {
		return problem.Text{Zh: d.NameZh + "生态环境局", En: d.NameEn + " Ecology and Environment Bureau"}
	}
	seat, _ := divisions.Division(d.Parent)
	return problem.Text{
		Zh: fmt.Sprintf("%s生态环境局（%s）", seat.NameZh, d.NameZh),
		En: fmt.Sprintf("%s Ecology and Environment Bureau (%s)", seat.NameEn, d.NameEn),
	}
}

func text(t problem.Text) *commonv1.Text { return &commonv1.Text{Zh: t.Zh, En: t.En} }

func isoDate(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}
