package approval

import (
	"fmt"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrPromiseOpen refuses a decision while promised items are missing 中止办理.
var ErrPromiseOpen = &problem.Error{
	Kind: problem.Rejected, Reason: "PROMISE_OPEN",
	Text: text("容缺材料尚未补齐，不能作出批准决定。", "Promised items are still missing; the document cannot be approved."),
}

// SupplyPromised brings what the builder promised 补交容缺材料.
type SupplyPromised struct {
	Occasion
	Items       []string
	Attachments []*commonv1.Attachment
}

func maySupply(a Approval, o Occasion) error {
	if err := stage(a, o, law.Reference{}, Accepted, Examined); err != nil {
		return err
	}
	if len(a.Missing()) == 0 {
		return refuse("NOTHING_PROMISED", "没有待补的容缺材料。", "Nothing promised is missing.")
	}
	return nil
}

// Decide records what came.
func (c SupplyPromised) Decide(a Approval) ([]es.Event, error) {
	if err := maySupply(a, c.Occasion); err != nil {
		return nil, err
	}
	var wrong problem.Fields
	for i, item := range c.Items {
		if !slices.Contains(a.Missing(), item) {
			wrong.Add(fmt.Sprintf("items[%d]", i), item, "NOT_PROMISED", "这一项不在待补清单中。", "This item is not among those missing.")
		}
	}
	if len(c.Attachments) == 0 {
		wrong.Add("attachments", "", "DOCUMENT_MISSING", "请上传补交的材料。", "Upload what you supply.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaPromiseKept{Items: c.Items, Supplied: iso(c.On), Attachments: c.Attachments}}, nil
}

// Advise lists what a person should look at again.
func (c SupplyPromised) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if c.On.After(a.PromiseDue) {
		doubts.Add("occurredAt", c.On.String(), "PROMISE_LATE",
			"已超过承诺期限，失信记录不因补交而消除。", "The promised day has passed; the record of the breach remains.")
	}
	return doubts
}

// BreakPromise records that the promised day passed with items missing
// 承诺失信. Only the ticker records it.
type BreakPromise struct{ Occasion }

func mayBreak(a Approval, o Occasion) error {
	if err := wrongStage(a, law.Reference{}, Accepted, Examined); err != nil {
		return err
	}
	if a.PromiseBroken || len(a.Missing()) == 0 || !o.Today.After(a.PromiseDue) {
		return refuse("PROMISE_NOT_BROKEN", "承诺期限未到、材料已齐或者已经记录。", "The day has not passed, nothing is missing, or it was recorded before.")
	}
	return nil
}

// Decide records the breach once.
func (c BreakPromise) Decide(a Approval) ([]es.Event, error) {
	if err := mayBreak(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaPromiseBroken{EnterpriseId: a.EnterpriseID, Items: a.Missing(), Due: iso(a.PromiseDue)}}, nil
}

// Return sends the file back after a broken promise 退件.
type Return struct {
	Occasion
	Reason string
	Number string // of the notice; empty asks whether one may be drawn
}

func mayReturn(a Approval, o Occasion) error {
	if err := stage(a, o, law.Reference{}, Accepted, Examined); err != nil {
		return err
	}
	if !a.PromiseBroken || len(a.Missing()) == 0 {
		return refuse("PROMISE_NOT_BROKEN", "只有承诺逾期未补齐的，才能退件。", "Only a file whose promise was broken is sent back.")
	}
	return nil
}

// Decide ends the procedure.
func (c Return) Decide(a Approval) ([]es.Event, error) {
	if err := mayReturn(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaReturned{Reason: c.Reason, DocumentNumber: c.Number}}, nil
}

// Advise lists what a person should look at again.
func (c Return) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }
