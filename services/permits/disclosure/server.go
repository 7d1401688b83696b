// Package disclosure answers the public 信息公开: searches of the register, its
// entries with their versions, the feed of changes, the rules of publishing,
// and the export behind the open-data files. It changes nothing and knows no
// caller: what may be published was decided when an entry was written, by the
// rules of services/permits/views/register.
//
// It may import desk, its view, the contracts and internal/*. Start with
// [Server].
package disclosure

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/views/register"
)

// Server answers the DisclosureService. It is safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedDisclosureServiceServer
	desk  *desk.Desk
	view  register.Queries
	rules []*permitsv1.PublishRule
}

// NewServer opens the register's window.
func NewServer(d desk.Deps) *Server {
	s := &Server{desk: desk.New(d, "permits.v1.DisclosureService"), view: register.Queries{DB: d.DB}}
	for _, kind := range register.Kinds() {
		rules, err := register.ReadRules(kind)
		if err != nil {
			panic(err) // the rules are part of the program
		}
		s.rules = append(s.rules, rules.List()...)
	}
	return s
}

// SearchEntries finds entries.
func (s *Server) SearchEntries(ctx context.Context, r *permitsv1.SearchEntriesRequest) (*permitsv1.SearchEntriesResponse, error) {
	if err := s.desk.Wait(ctx, r.GetAtLeast(), register.Name); err != nil {
		return nil, err
	}
	found, next, total, err := s.view.Search(ctx, register.Filter{
		Query: r.GetQuery(), Kind: r.GetKind(), Division: r.GetDivision(), State: r.GetState(), Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SearchEntriesResponse{Entries: found, Next: next, Total: total}, nil
}

// GetEntry shows one entry with its versions and what of it is not public.
func (s *Server) GetEntry(ctx context.Context, r *permitsv1.GetEntryRequest) (*permitsv1.GetEntryResponse, error) {
	if err := s.desk.Wait(ctx, r.GetAtLeast(), register.Name); err != nil {
		return nil, err
	}
	entry, versions, err := s.view.Get(ctx, r.GetKind(), r.GetNumber(), r.GetVersion())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.GetEntryResponse{Entry: entry, Versions: versions}
	for _, rule := range s.rulesOf(r.GetKind()) {
		if rule.GetPublish() != permitsv1.Publish_PUBLISH_PUBLIC {
			answer.NotPublic = append(answer.NotPublic, rule)
		}
	}
	return answer, nil
}

// ListChanges is the feed.
func (s *Server) ListChanges(ctx context.Context, r *permitsv1.ListChangesRequest) (*permitsv1.ListChangesResponse, error) {
	list, more, err := s.view.Changes(ctx, r.GetSince(), r.GetKind(), r.GetPageSize())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListChangesResponse{Changes: list, Next: r.GetSince(), More: more}
	if n := len(list); n > 0 {
		answer.Next = list[n-1].GetPosition()
	}
	return answer, nil
}

// ListPublishRules says what is public, and by what law.
func (s *Server) ListPublishRules(_ context.Context, r *permitsv1.ListPublishRulesRequest) (*permitsv1.ListPublishRulesResponse, error) {
	return &permitsv1.ListPublishRulesResponse{Rules: s.rulesOf(r.GetKind())}, nil
}

func (s *Server) rulesOf(kind string) (list []*permitsv1.PublishRule) {
	for _, rule := range s.rules {
		if kind == "" || rule.GetKind() == kind {
			list = append(list, rule)
		}
	}
	return list
}

// ExportEntries sends the position, then every entry as it stood there.
func (s *Server) ExportEntries(r *permitsv1.ExportEntriesRequest, stream grpc.ServerStreamingServer[permitsv1.ExportEntriesResponse]) error {
	ctx := stream.Context()
	if len(s.rulesOf(r.GetKind())) == 0 {
		return problem.ErrNotFound
	}
	if err := s.desk.Wait(ctx, r.GetAt(), register.Name); err != nil {
		return err
	}
	position, recorded, err := s.view.Head(ctx, r.GetAt())
	if err != nil {
		return err
	}
	first := &permitsv1.ExportEntriesResponse{Position: position}
	if !recorded.IsZero() {
		first.RecordedAt = timestamppb.New(recorded)
	}
	if err := stream.Send(first); err != nil || r.GetHeadOnly() {
		return err
	}
	return s.view.Export(ctx, r.GetKind(), position, !r.GetWithoutContent(), func(e *permitsv1.PublicEntry) error {
		return stream.Send(&permitsv1.ExportEntriesResponse{Entry: e})
	})
}
