package approval

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Screen screens the project again with the lists of today 重新研判.
type Screen struct {
	Occasion
	Screening *permitsv1.Screening // nil when no list is loaded
}

func mayScreen(a Approval, o Occasion) error {
	return stage(a, o, law.Reference{}, Accepted, Examined)
}

// Decide records the result when it is another than the latest.
func (c Screen) Decide(a Approval) ([]es.Event, error) {
	if err := mayScreen(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Screening == nil {
		return nil, refuse("NO_ZONING", "没有装载有效的分区管控成果。", "No edition of control units holds today.")
	}
	if proto.Equal(c.Screening, a.Screening) {
		return nil, nil
	}
	return []es.Event{&permitsv1.EiaScreened{Screening: c.Screening}}, nil
}

// Examine reports the examiner's opinion 审查. The examiner is not the clerk
// who accepted.
type Examine struct {
	Occasion
	RecommendApproval bool
	Opinion           string
	Grounds           []permitsv1.EiaGround // if advised against
}

func mayExamine(a Approval, o Occasion) error {
	if err := act.FirstOf(stage(a, o, eiaLaw(o.On, "102", "22"), Accepted), running(a),
		act.Separate(o, a.Clerks, "受理人员", "clerk")); err != nil {
		return err
	}
	if a.Published(Acceptance) == nil {
		return refuse("PUBLICITY_MISSING", "须先进行受理公示。", "The acceptance has to be made public first.")
	}
	return nil
}

// Decide records the opinion.
func (c Examine) Decide(a Approval) ([]es.Event, error) {
	if err := mayExamine(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.RecommendApproval != (len(c.Grounds) == 0) {
		var wrong problem.Fields
		wrong.Add("grounds", "", "GROUNDS_AND_ADVICE",
			"建议不予批准须选择法定情形；建议批准则不选。", "Advice against names its grounds in law; advice to approve names none.")
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.EiaExamined{RecommendApproval: c.RecommendApproval, Opinion: c.Opinion, Grounds: c.Grounds}}, nil
}

// Advise tells what still stands against approval.
func (c Examine) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if c.RecommendApproval {
		screeningDoubt(a.Screening, &doubts)
		if len(a.Missing()) > 0 {
			doubts.Add("", "", "PROMISE_OPEN", "容缺材料尚未补齐。", "Promised items are still missing.")
		}
	}
	return doubts
}

// ReturnExamination sends the file back to the examiner 退回补充审查; an
// intended decision that was published counts no longer.
type ReturnExamination struct {
	Occasion
	Reason string
}

func mayReturnExamination(a Approval, o Occasion) error {
	if err := act.FirstOf(stage(a, o, eiaLaw(o.On, "102", "22"), Examined), running(a), separate(a, o)); err != nil {
		return err
	}
	if a.HearingOpen() {
		return refuse("HEARING_OPEN", "听证尚未结束。", "A hearing is still open.")
	}
	return nil
}

// Decide returns the file.
func (c ReturnExamination) Decide(a Approval) ([]es.Event, error) {
	if err := mayReturnExamination(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaExaminationReturned{Reason: c.Reason}}, nil
}

// Advise lists what a person should look at again.
func (c ReturnExamination) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }

// separate keeps the decider apart from clerk and examiner 岗位分离.
func separate(a Approval, o Occasion) error {
	return act.FirstOf(act.Separate(o, a.Clerks, "受理人员", "clerk"), act.Separate(o, a.Examiners, "审查人员", "examiner"))
}
