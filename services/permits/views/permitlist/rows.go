package permitlist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
)

// row is a permit while the events of a batch change it.
type row struct {
	id, facility, enterprise, name, uscc, division string // of a new row

	number, industry, validFrom, validTo, recorded string
	example                                        bool
	facts                                          Facts

	fresh  bool        // not in the table yet
	issued bool        // name, number or validity are new
	at     es.Position // of its last event
}

// rows are what a batch changes. Each row is read once and written once; what
// follows from its facts by law is computed when it is written, from the law
// as it stood at the row's last event.
type rows struct {
	known   map[string]*row
	order   []*row
	edition es.Position // of the last edition of law data in the batch
}

func heldRows(tx readmodel.Tx) *rows {
	return readmodel.Held(tx, func() *rows { return &rows{known: map[string]*row{}} })
}

func (h *rows) add(r *row) {
	h.known[r.id] = r
	h.order = append(h.order, r)
}

// edit changes the row of an event's permit.
func edit(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, change func(*row)) error {
	held := heldRows(tx)
	r := held.known[fact.ID]
	if r == nil {
		var raw string
		r = &row{id: fact.ID}
		err := tx.QueryRowContext(ctx, `SELECT permit_number, unit_name, uscc, industry, valid_from, valid_to, facts FROM `+table+` WHERE permit_id = $1`,
			fact.ID).Scan(&r.number, &r.name, &r.uscc, &r.industry, &r.validFrom, &r.validTo, &raw)
		r.validTo = orNone(r.validTo)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s before the permit was opened", fact.Type)
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(raw), &r.facts); err != nil {
			return fmt.Errorf("facts of a row: %w", err)
		}
		held.add(r)
	}
	change(r)
	r.at, r.recorded = fact.Position, stamp(fact)
	return nil
}

// onEdition notes that the due days of every open row are computed anew, with
// the law that holds from this event on.
func (v view) onEdition(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *commonv1.LawEditionLoaded) error {
	heldRows(tx).edition = fact.Position
	return v.law.Reach(ctx, fact.Position)
}

// flush writes the rows of a batch.
func (v view) flush(ctx context.Context, tx readmodel.Tx) error {
	held := heldRows(tx)
	if held.edition > 0 {
		if err := v.recompute(ctx, tx, held); err != nil {
			return err
		}
	}
	for _, r := range held.order {
		next, err := v.next(r, held.edition)
		if err == nil {
			err = r.write(ctx, tx, next)
		}
		if err != nil {
			return fmt.Errorf("permit %s: %w", r.id, err)
		}
	}
	return nil
}

// next is what a row's permit waits for by the law of its last event or, if it
// is open, of an edition that was loaded after it.
func (v view) next(r *row, edition es.Position) (Next, error) {
	procedure, err := v.law.ProcedureAt(r.at)
	if err != nil {
		return Next{}, err
	}
	next := procedure(r.facts)
	if edition <= r.at || next.Act == "" {
		return next, nil
	}
	if procedure, err = v.law.ProcedureAt(edition); err != nil {
		return Next{}, err
	}
	return procedure(r.facts), nil
}

// recompute writes anew what follows by law for open rows that the batch does
// not change.
func (v view) recompute(ctx context.Context, tx readmodel.Tx, held *rows) error {
	procedure, err := v.law.ProcedureAt(held.edition)
	if err != nil {
		return err
	}
	found, err := tx.QueryContext(ctx, `SELECT permit_id, facts FROM `+table+` WHERE act <> '' ORDER BY permit_id`)
	if err != nil {
		return err
	}
	facts, ids, err := scanFacts(found)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if held.known[id] != nil {
			continue
		}
		n := procedure(facts[i])
		_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET act = $2, audience = $3, barred = $4, rule = $5, due = $6,
			overdue_after = $7, suspended = $8, law_version = $9 WHERE permit_id = $1`,
			id, n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, number(n.Suspended), n.LawVersion)
		if err != nil {
			return err
		}
	}
	return nil
}

func scanFacts(rows *sql.Rows) (facts []Facts, ids []string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, raw string
		if err := rows.Scan(&id, &raw); err != nil {
			return nil, nil, err
		}
		var f Facts
		if err := json.Unmarshal([]byte(raw), &f); err != nil {
			return nil, nil, fmt.Errorf("facts of a row: %w", err)
		}
		facts, ids = append(facts, f), append(ids, id)
	}
	return facts, ids, rows.Err()
}

func (r *row) words() string { return readmodel.Fold(r.name + "\n" + r.uscc + "\n" + r.number) }

func (r *row) write(ctx context.Context, tx readmodel.Tx, n Next) error {
	raw, err := json.Marshal(r.facts)
	if err != nil {
		return err
	}
	if r.fresh {
		_, err = tx.ExecContext(ctx, `INSERT INTO `+table+` (permit_id, facility_id, enterprise_id, permit_number, unit_name, uscc, division,
			status, class, industry, valid_from, valid_to, recorded_at, example, words, facts,
			act, audience, barred, rule, due, overdue_after, suspended, law_version, stage, alarm, reminded)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`,
			r.id, r.facility, r.enterprise, r.number, r.name, r.uscc, r.division,
			int32(r.facts.Shown()), int32(r.facts.Class), r.industry, r.validFrom, orNever(r.validTo), r.recorded, number(r.example), r.words(), string(raw),
			n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, number(n.Suspended), n.LawVersion,
			int32(r.facts.Status), number(r.facts.alarm()), r.facts.Reminded)
	} else {
		_, err = tx.ExecContext(ctx, `UPDATE `+table+` SET status = $2, class = $3, industry = $4, recorded_at = $5, facts = $6,
			act = $7, audience = $8, barred = $9, rule = $10, due = $11, overdue_after = $12, suspended = $13, law_version = $14,
			stage = $15, alarm = $16, reminded = $17 WHERE permit_id = $1`,
			r.id, int32(r.facts.Shown()), int32(r.facts.Class), r.industry, r.recorded, string(raw),
			n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, number(n.Suspended), n.LawVersion,
			int32(r.facts.Status), number(r.facts.alarm()), r.facts.Reminded)
	}
	if err == nil && r.issued && !r.fresh {
		_, err = tx.ExecContext(ctx, `UPDATE `+table+` SET permit_number = $2, valid_from = $3, valid_to = $4, words = $5, unit_name = $6 WHERE permit_id = $1`,
			r.id, r.number, r.validFrom, orNever(r.validTo), r.words(), r.name)
	}
	if err == nil && (r.fresh || r.issued) {
		err = readmodel.PutSearch(ctx, tx, search, r.id, r.name, r.uscc, r.number)
	}
	return err
}
