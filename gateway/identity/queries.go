package identity

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"shiyang/gateway/identity/directory"
	"shiyang/gateway/identity/firm"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

const (
	methodColleagues   = identityv1.IdentityService_ListColleagues_FullMethodName
	methodNames        = identityv1.IdentityService_ResolveNames_FullMethodName
	methodApplications = identityv1.IdentityService_ListFirmApplications_FullMethodName
	methodFirm         = identityv1.IdentityService_GetFirm_FullMethodName
)

// mostColleagues is how many a list of colleagues names at most.
const mostColleagues = 200

// GetMe tells who is signed in and in which capacities.
func (s *Service) GetMe(ctx context.Context, _ *identityv1.GetMeRequest) (*identityv1.GetMeResponse, error) {
	caller, a, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	seats, err := s.seats(ctx, caller.Actor.ID, a)
	if err != nil {
		return nil, err
	}
	answer := &identityv1.GetMeResponse{
		AccountId: caller.Actor.ID, Login: a.Login, Seats: seats,
		Person: &commonv1.Person{Id: a.PersonID, Name: a.Name, Phone: a.Phone},
	}
	switch role := rpc.Role(caller.Actor.Role); {
	case role.Staff():
		answer.SeatId = dutySeat(caller.Actor.Role, caller.Actor.County)
	case role.Firm():
		answer.SeatId = firmSeat(caller.Actor.Org)
	}
	return answer, nil
}

// ListAccounts lists accounts by sign-in name, for administrators.
func (s *Service) ListAccounts(ctx context.Context, r *identityv1.ListAccountsRequest) (*identityv1.ListAccountsResponse, error) {
	if _, _, err := s.present(ctx); err != nil {
		return nil, err
	}
	if err := s.directory.WaitFor(ctx, r.GetAtLeast()); err != nil {
		return nil, err
	}
	after := ""
	if r.GetAfter() != "" {
		if err := s.cursors.Decode("accounts", r.GetAfter(), &after); err != nil {
			return nil, err
		}
	}
	size := pageSize(r.GetPageSize())
	accounts, err := s.directory.Accounts(ctx, after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &identityv1.ListAccountsResponse{Accounts: accounts}
	if len(accounts) > size {
		answer.Accounts = accounts[:size]
		if answer.Next, err = s.cursors.Encode("accounts", accounts[size-1].GetLogin()); err != nil {
			return nil, err
		}
	}
	return answer, s.addDuties(ctx, answer.GetAccounts())
}

func (s *Service) addDuties(ctx context.Context, accounts []*identityv1.Account) error {
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i] = a.GetAccountId()
	}
	duties, err := s.directory.Duties(ctx, ids)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		for _, d := range duties[a.GetAccountId()] {
			a.Seats = append(a.Seats, s.staffSeat(d[0], d[1]))
		}
	}
	return nil
}

// ListColleagues lists the people of the bureau whose duties reach the
// caller's county, for forms that name who took part in something.
func (s *Service) ListColleagues(ctx context.Context, _ *identityv1.ListColleaguesRequest) (*identityv1.ListColleaguesResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	colleagues, err := s.directory.Colleagues(ctx, scopeOf(caller, methodColleagues), mostColleagues)
	if err != nil {
		return nil, err
	}
	return &identityv1.ListColleaguesResponse{Colleagues: colleagues}, nil
}

// ResolveNames gives names for ids; ids that may not be seen are left out.
func (s *Service) ResolveNames(ctx context.Context, r *identityv1.ResolveNamesRequest) (*identityv1.ResolveNamesResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.directory.Names(ctx, scopeOf(caller, methodNames), rpc.Role(caller.Actor.Role).Staff(), r.GetIds())
	if err != nil {
		return nil, err
	}
	return &identityv1.ResolveNamesResponse{Names: names}, nil
}

// scopeOf is what a caller sees of a list, in the directory's words.
func scopeOf(caller rpc.Caller, method string) directory.Scope {
	v := rpc.Filter(caller, method)
	return directory.Scope{All: v.All, Counties: v.Counties, Firms: v.Firms, Account: caller.Actor.ID}
}

// ListFirmApplications lists the applications of a clerk's county, or the
// caller's own, oldest first.
func (s *Service) ListFirmApplications(ctx context.Context, r *identityv1.ListFirmApplicationsRequest) (*identityv1.ListFirmApplicationsResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.directory.WaitFor(ctx, r.GetAtLeast()); err != nil {
		return nil, err
	}
	list := fmt.Sprintf("firm applications %s of %s as %s", r.GetState(), caller.Actor.ID, caller.Actor.Role)
	var after int64
	if r.GetAfter() != "" {
		if err := s.cursors.Decode(list, r.GetAfter(), &after); err != nil {
			return nil, err
		}
	}
	size := pageSize(r.GetPageSize())
	page, last, err := s.directory.Applications(ctx, scopeOf(caller, methodApplications), r.GetState(), after, size)
	if err != nil {
		return nil, err
	}
	answer := &identityv1.ListFirmApplicationsResponse{Applications: page}
	if len(page) == size {
		if answer.Next, err = s.cursors.Encode(list, last); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// GetFirm shows a firm with its members, to itself and to the bureau.
func (s *Service) GetFirm(ctx context.Context, r *identityv1.GetFirmRequest) (*identityv1.GetFirmResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	f, _, err := s.firms.Load(ctx, r.GetFirmId())
	if err != nil {
		return nil, fmt.Errorf("load firm: %w", err)
	}
	if !f.Registered() {
		return nil, problem.ErrNotFound
	}
	if err := rpc.Authorise(caller, methodFirm, rpc.Object{County: f.Division, FirmID: r.GetFirmId()}); err != nil {
		return nil, err
	}
	if err := s.directory.WaitFor(ctx, r.GetAtLeast()); err != nil {
		return nil, err
	}
	answer := &identityv1.GetFirmResponse{
		FirmId: r.GetFirmId(), Uscc: f.USCC, UnitName: f.UnitName, Division: f.Division,
		Actions: memberActions(rpc.Role(caller.Actor.Role)), Example: f.Example,
	}
	for _, id := range slices.Sorted(maps.Keys(f.Members)) {
		m := f.Members[id]
		person, err := s.directory.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		answer.Members = append(answer.Members, &identityv1.Member{
			AccountId: id, Role: m.Role, Person: person, From: isoDate(m.From), To: isoDate(m.To), Revoked: m.Revoked,
		})
	}
	return answer, nil
}

// memberActions are what can be done with a firm's members.
func memberActions(role rpc.Role) []*commonv1.LegalAction {
	allowed := role == firm.Admin
	reason := &commonv1.Text{}
	if !allowed {
		reason = &commonv1.Text{Zh: "由企业管理员办理。", En: "The firm's administrator does this."}
	}
	return []*commonv1.LegalAction{
		{Name: "invite", Title: &commonv1.Text{Zh: "邀请成员", En: "Invite a member"}, Allowed: allowed, Reason: reason},
		{Name: "revoke-member", Title: &commonv1.Text{Zh: "撤销成员", En: "Revoke a member"}, Allowed: allowed, Reason: reason},
	}
}

// pageSize is the size of a page: fifty unless asked for otherwise.
func pageSize(asked int32) int {
	if asked == 0 {
		return 50
	}
	return int(asked)
}
