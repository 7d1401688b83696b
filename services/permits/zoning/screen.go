package zoning

import (
	"context"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/zoning/edition"
	"shiyang/services/permits/zoning/screening"
	"shiyang/services/permits/zoning/views/lists"
)

// ScreenProject screens a place and an industry, changing nothing.
func (s *Server) ScreenProject(ctx context.Context, r *permitsv1.ScreenProjectRequest) (*permitsv1.ScreenProjectResponse, error) {
	result, err := s.Screen(ctx, r)
	if err != nil {
		return nil, err
	}
	return &permitsv1.ScreenProjectResponse{Screening: result}, nil
}

// Screen screens a project with the edition that holds today and, if it lies
// in a park, with the park's negative list; nil when no edition holds.
func (s *Server) Screen(ctx context.Context, r *permitsv1.ScreenProjectRequest) (*permitsv1.Screening, error) {
	id, err := s.lists.Current(ctx, s.today().String())
	if err != nil || id == "" {
		return nil, err
	}
	e, _, err := s.editions.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.screenWith(ctx, id, e, r)
}

func (s *Server) screenWith(ctx context.Context, id string, e edition.Edition, r *permitsv1.ScreenProjectRequest) (*permitsv1.Screening, error) {
	place, err := screening.ParsePoint(r.GetLocation().GetLongitude(), r.GetLocation().GetLatitude())
	if err != nil {
		var wrong problem.Fields
		wrong.Add("location", r.GetLocation().GetLongitude()+" "+r.GetLocation().GetLatitude(), "NO_SUCH_PLACE",
			"经纬度超出范围，请核对。", "There is no such longitude and latitude; check it.")
		return nil, wrong.Err()
	}
	in, err := s.park(ctx, r.GetParkId())
	if err != nil {
		return nil, err
	}
	result := screening.Judge(e.Units, in, screening.Project{Place: place, Division: r.GetDivision(), Industry: r.GetIndustry(), Words: r.GetWords()})
	result.EditionId, result.Version, result.Sha256 = id, e.Loaded.GetVersion(), e.Loaded.GetSha256()
	result.On, result.Example = s.wireToday(), e.Loaded.GetExample()
	return result, nil
}

func (s *Server) park(ctx context.Context, id string) (*screening.Park, error) {
	if id == "" {
		return nil, nil
	}
	p, _, err := s.parks.Load(ctx, id)
	if err != nil || p.Entry == nil {
		return nil, err // a park that is not in the register adds nothing
	}
	return &screening.Park{ID: id, Entry: p.Entry, Expired: p.Expired(s.today())}, nil
}

// The bounds of a comparison.
const (
	comparePage = 500
	mostFlips   = 500
)

// CompareEditions shows which screened projects an edition would judge
// otherwise than what is stored with them.
func (s *Server) CompareEditions(ctx context.Context, r *permitsv1.CompareEditionsRequest) (*permitsv1.CompareEditionsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	e, revision, err := s.editions.Load(ctx, r.GetEditionId())
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		return nil, problem.ErrNotFound
	}
	sees := rpc.Filter(who, s.Method("CompareEditions"))
	answer := &permitsv1.CompareEditionsResponse{}
	for last, more := "", true; more && len(answer.GetFlips()) < mostFlips; {
		page, err := s.lists.Screened(ctx, last, comparePage)
		if err != nil {
			return nil, err
		}
		if more = len(page) == comparePage; more {
			last = page[len(page)-1].EiaID
		}
		for _, p := range page {
			if !sees.Sees(rpc.Object{County: p.Project.GetDivision()}) {
				continue
			}
			answer.Checked++
			flip, err := s.flip(ctx, r.GetEditionId(), e, p)
			if err != nil {
				return nil, err
			}
			if flip != nil {
				answer.Flips = append(answer.Flips, flip)
			}
		}
	}
	return answer, nil
}

func (s *Server) flip(ctx context.Context, id string, e edition.Edition, p lists.Screened) (*permitsv1.ScreeningFlip, error) {
	after, err := s.screenWith(ctx, id, e, p.Project)
	if err != nil || after.GetVerdict() == p.Screening.GetVerdict() {
		return nil, err
	}
	before := proto.CloneOf(p.Screening)
	return &permitsv1.ScreeningFlip{EiaId: p.EiaID, ProjectName: p.ProjectName, Builder: p.Builder, Before: before, After: after}, nil
}
