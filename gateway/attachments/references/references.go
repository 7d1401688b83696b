// Package references is the view of which records refer to which files: one
// row per file and record, from every event that carries an attachment. The
// sweep of orphans and the right to open a file rest on it.
package references

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/gateway/attachments"
	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Projection is the view.
var Projection = readmodel.Projection{
	Name: "attachment_references", Version: 1,
	Schema: []string{`CREATE TABLE attachment_references_v1 (
		sha256 TEXT NOT NULL, category TEXT NOT NULL, record_id TEXT NOT NULL,
		PRIMARY KEY (sha256, category, record_id))`},
	Tables: []string{"attachment_references_v1"},
	Handlers: []readmodel.Handler{
		on[*permitsv1.PermitApplicationSubmitted](),
		on[*permitsv1.PermitApplicationResubmitted](),
		on[*permitsv1.PermitApplicationCorrectedOnSpot](),
		on[*permitsv1.PermitIssued](),
		on[*permitsv1.PermitProcedureOpened](),
		on[*permitsv1.PermitVersionIssued](),
		on[*permitsv1.EiaSubmitted](),
		on[*permitsv1.EiaResubmitted](),
		on[*permitsv1.EiaRegistrationFiled](),
		on[*permitsv1.EiaPromiseKept](),
		on[*identityv1.FirmApplied](),
		on[*identityv1.MemberInvited](),
		on[*identityv1.MemberJoined](),
		on[*commonv1.LawEditionLoaded](),
	},
}

func on[E es.Event]() readmodel.Handler {
	return readmodel.On(func(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e E) error {
		var err error
		visit(e.ProtoReflect(), func(hash string) {
			if err == nil {
				_, err = tx.ExecContext(ctx, `INSERT INTO attachment_references_v1 (sha256, category, record_id)
					VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, hash, fact.Category, fact.ID)
			}
		})
		return err
	})
}

// visit calls f with the hash of every attachment in a message.
func visit(m protoreflect.Message, f func(hash string)) {
	if a, ok := m.Interface().(*commonv1.Attachment); ok {
		f(a.GetSha256())
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range v.List().Len() {
				visit(v.List().Get(i).Message(), f)
			}
		default:
			visit(v.Message(), f)
		}
		return true
	})
}

// Queries answers from the view.
type Queries struct{ db *readmodel.DB }

// NewQueries returns the queries on a database that a runner keeps.
func NewQueries(db *readmodel.DB) *Queries { return &Queries{db} }

var _ attachments.References = (*Queries)(nil)

// Of implements [attachments.References].
func (q *Queries) Of(ctx context.Context, sha256 string) ([]attachments.Reference, error) {
	rows, err := q.db.Query(ctx, `SELECT category, record_id FROM attachment_references_v1 WHERE sha256 = $1 ORDER BY category, record_id`, sha256)
	if err != nil {
		return nil, fmt.Errorf("attachment references: %w", err)
	}
	defer rows.Close()
	var list []attachments.Reference
	for rows.Next() {
		var r attachments.Reference
		if err := rows.Scan(&r.Category, &r.ID); err != nil {
			return nil, fmt.Errorf("attachment references: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
