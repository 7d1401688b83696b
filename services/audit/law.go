package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
)

// What a report shows at most; the counts are of everything.
const (
	shownChanges = 500
	shownFaults  = 50
)

// LoadLawEdition loads an edition of a list of law data and reports which open
// deadlines it moves, as every service judges its own records. A dry run does
// the same without loading. An edition that was loaded before is compared with
// the law before it, so the same command again gives the same report.
func (s *Server) LoadLawEdition(ctx context.Context, r *auditv1.LoadLawEditionRequest) (*auditv1.LoadLawEditionResponse, error) {
	who, ok := rpc.CallerFrom(ctx)
	if !ok {
		return nil, rpc.ErrSignIn
	}
	if !rpc.Filter(who, "/audit.v1.AuditService/LoadLawEdition").All {
		return nil, errWholePrefecture
	}
	offer, err := lawlist.Read(lawlist.Heading{
		List: law.List(r.GetList()), Edition: r.GetEdition(), From: dayOf(r.GetValidFrom()), To: dayOf(r.GetValidTo()),
		State: law.State(r.GetState()), Source: r.GetSource(),
	}, r.GetContent())
	if err != nil {
		return nil, err
	}
	before, answer := s.law(), &auditv1.LoadLawEditionResponse{}
	after, err := s.library.Check(ctx, offer)
	if err != nil {
		return nil, err
	}
	if !r.GetDryRun() {
		meta, err := rpc.Meta(ctx, nil, before.Version())
		if err != nil {
			return nil, err
		}
		receipt, err := s.library.Load(ctx, meta, offer)
		if err != nil {
			return nil, err
		}
		answer.Receipt = receiptOf(receipt)
	}
	at := s.loadedAt(offer)
	if at > 0 {
		if before, err = s.library.BookAt(at - 1); err != nil {
			return nil, err
		}
		if after, err = s.library.BookAt(at); err != nil {
			return nil, err
		}
	}
	answer.LawVersion, answer.WasteDifferences = after.Version(), wasteDifferences(before, after, offer)
	if answer.Faults = after.Faults(); len(answer.GetFaults()) > shownFaults {
		answer.Faults = answer.GetFaults()[:shownFaults]
	}
	return answer, s.judge(ctx, offer, at, answer)
}

// loadedAt is where the log tells of an edition; 0 if it does not.
func (s *Server) loadedAt(offer lawlist.Offer) es.Position {
	for _, e := range s.library.Editions() {
		if e.List == offer.List && e.Hash == offer.Hash {
			return e.Position
		}
	}
	return 0
}

// judge asks every part which of its open deadlines the edition moves, or has
// moved since it was loaded at a position.
func (s *Server) judge(ctx context.Context, offer lawlist.Offer, at es.Position, answer *auditv1.LoadLawEditionResponse) error {
	ctx, err := onward(ctx)
	if err != nil {
		return err
	}
	ask := &commonv1.JudgeRequest{List: string(offer.List), Content: offer.Content(), LoadedAt: uint64(at)}
	for _, p := range s.parts {
		if err := judgePart(ctx, p, ask, answer); err != nil {
			return fmt.Errorf("judge the deadlines of %s: %w", p.Name, err)
		}
	}
	return nil
}

func judgePart(ctx context.Context, p Part, ask *commonv1.JudgeRequest, answer *auditv1.LoadLawEditionResponse) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.History.Judge(ctx, ask)
	for err == nil {
		var page *commonv1.JudgeResponse
		if page, err = stream.Recv(); err != nil {
			break
		}
		answer.Checked += page.GetChecked()
		answer.Changed += uint64(len(page.GetChanges()))
		room := min(len(page.GetChanges()), shownChanges-len(answer.GetChanges()))
		answer.Changes = append(answer.Changes, page.GetChanges()[:room]...)
	}
	if errors.Is(err, io.EOF) || status.Code(err) == codes.Unimplemented { // no deadlines in that part
		return nil
	}
	return err
}

// wasteDifferences counts the codes of either waste list whose standing,
// hazards or text differ under the two laws.
func wasteDifferences(before, after *law.Book, offer lawlist.Offer) uint64 {
	if offer.List != law.ListWaste {
		return 0
	}
	known := map[string]bool{}
	var all []string
	for _, book := range []*law.Book{before, after} {
		for _, w := range book.On(offer.ValidFrom).Wastes("") {
			if !known[w.Code] {
				known[w.Code], all = true, append(all, w.Code)
			}
		}
	}
	return uint64(len(law.WasteChanges(before, after, offer.ValidFrom, all)))
}

// ListLawEditions lists the editions of law data in use.
func (s *Server) ListLawEditions(ctx context.Context, r *auditv1.ListLawEditionsRequest) (*auditv1.ListLawEditionsResponse, error) {
	if err := s.library.WaitFor(ctx, es.Position(r.GetAtLeast())); err != nil {
		return nil, err
	}
	answer := &auditv1.ListLawEditionsResponse{LawVersion: s.law().Version()}
	for _, e := range s.library.Editions() {
		if r.GetList() != "" && r.GetList() != string(e.List) {
			continue
		}
		shown := &auditv1.LawEdition{
			List: string(e.List), Edition: e.Version, ValidFrom: wireDay(e.ValidFrom), ValidTo: wireDay(e.ValidTo),
			State: string(e.State), Sha256: e.Hash, Size: int64(len(e.Content())), Source: e.Source, Position: uint64(e.Position),
			RecordId: lawlist.ID(e.List),
		}
		if !e.RecordedAt.IsZero() {
			shown.LoadedAt = timestamppb.New(e.RecordedAt)
		}
		answer.Editions = append(answer.Editions, shown)
	}
	return answer, nil
}

// lawListHistory tells the histories of the lists of law data.
func (s *Server) lawListHistory() history.Keeper[lawlist.List] {
	return history.Keeper[lawlist.List]{
		Records: s.library.History, Sentence: sentence,
		Form: func(_ string, l lawlist.List) proto.Message {
			shown := &auditv1.ListLawEditionsResponse{}
			for _, e := range l.Editions {
				shown.Editions = append(shown.Editions, &auditv1.LawEdition{
					Edition: e.Name, ValidFrom: wireDay(e.ValidFrom), ValidTo: wireDay(e.ValidTo), State: string(e.State), Sha256: e.Hash,
				})
			}
			return shown
		},
	}
}

// dayOf reads a day of a request; one that does not exist is zero.
func dayOf(d *commonv1.Date) law.Date {
	day, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

func wireDay(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}

// errWholePrefecture refuses to change the law of all counties for one county.
var errWholePrefecture = rpc.ErrNotYourRole.With(
	"法规数据适用于全市，由市级负责人或者系统管理员装载。",
	"Law data holds for the whole prefecture. Only its head or its system administrator loads it.")
