// Package directory is the read model of accounts, firms, members and firm
// applications: what lists and names are looked up in. Decisions never ask
// it: it finds candidates, and the aggregates say whether they still hold.
//
// It may import internal/readmodel, internal/es and the contracts. Start
// reading with [Projection]; queries are in query.go.
package directory

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Name of the view, for waits and rebuilds.
const Name = "identity_directory"

// Projection keeps the directory.
var Projection = readmodel.Projection{
	Name: Name, Version: 2,
	Schema: []string{
		`CREATE TABLE identity_account_v2 (
			id TEXT PRIMARY KEY, login TEXT NOT NULL, person_id TEXT NOT NULL,
			name TEXT NOT NULL, disabled BOOLEAN NOT NULL)`,
		`CREATE INDEX identity_account_login_v2 ON identity_account_v2 (login)`,
		`CREATE INDEX identity_account_person_v2 ON identity_account_v2 (person_id)`,
		`CREATE TABLE identity_duty_v2 (
			account_id TEXT NOT NULL, role TEXT NOT NULL, county TEXT NOT NULL,
			PRIMARY KEY (account_id, role, county))`,
		`CREATE TABLE identity_firm_v2 (
			id TEXT PRIMARY KEY, uscc TEXT NOT NULL, unit_name TEXT NOT NULL,
			division TEXT NOT NULL, example BOOLEAN NOT NULL)`,
		`CREATE TABLE identity_member_v2 (
			firm_id TEXT NOT NULL, account_id TEXT NOT NULL, role TEXT NOT NULL,
			from_day TEXT NOT NULL, to_day TEXT NOT NULL, revoked BOOLEAN NOT NULL,
			PRIMARY KEY (firm_id, account_id))`,
		`CREATE INDEX identity_member_account_v2 ON identity_member_v2 (account_id)`,
		`CREATE TABLE identity_application_v2 (
			id TEXT PRIMARY KEY, filed BIGINT NOT NULL, account_id TEXT NOT NULL, uscc TEXT NOT NULL,
			unit_name TEXT NOT NULL, division TEXT NOT NULL, licence TEXT NOT NULL, mandate TEXT NOT NULL,
			legal_representative BOOLEAN NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, firm_id TEXT NOT NULL, example BOOLEAN NOT NULL)`,
		`CREATE INDEX identity_application_state_v2 ON identity_application_v2 (state, filed)`,
		`CREATE TABLE identity_pending_v2 (reservation_id TEXT PRIMARY KEY, login TEXT NOT NULL, reserved_at BIGINT NOT NULL)`,
	},
	Tables:   []string{"identity_account_v2", "identity_duty_v2", "identity_firm_v2", "identity_member_v2", "identity_application_v2", "identity_pending_v2"},
	Personal: []string{"identity_account_v2.name"},
	Handlers: []readmodel.Handler{
		readmodel.On(onAccountRegistered), readmodel.On(onAccountDisabled),
		readmodel.On(onRoleGranted), readmodel.On(onRoleRevoked),
		readmodel.On(onFirmRegistered), readmodel.On(onMemberJoined), readmodel.On(onMemberRevoked),
		readmodel.On(onFirmApplied), readmodel.On(onApproved), readmodel.On(onRefused),
		readmodel.On(onPersonErased),
		readmodel.On(onReserved), readmodel.On(onConfirmed), readmodel.On(onReleased),
	},
}

func run(ctx context.Context, tx readmodel.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

func onAccountRegistered(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.AccountRegistered) error {
	return run(ctx, tx, `INSERT INTO identity_account_v2 (id, login, person_id, name, disabled)
		VALUES ($1, $2, $3, $4, FALSE)`, f.ID, e.GetLogin(), e.GetPerson().GetId(), e.GetPerson().GetName())
}

func onAccountDisabled(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *identityv1.AccountDisabled) error {
	return run(ctx, tx, `UPDATE identity_account_v2 SET disabled = TRUE WHERE id = $1`, f.ID)
}

func onRoleGranted(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.StaffRoleGranted) error {
	return run(ctx, tx, `INSERT INTO identity_duty_v2 (account_id, role, county) VALUES ($1, $2, $3)
		ON CONFLICT (account_id, role, county) DO NOTHING`, f.ID, e.GetRole(), e.GetCounty())
}

func onRoleRevoked(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.StaffRoleRevoked) error {
	return run(ctx, tx, `DELETE FROM identity_duty_v2 WHERE account_id = $1 AND role = $2 AND county = $3`,
		f.ID, e.GetRole(), e.GetCounty())
}

func onFirmRegistered(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.FirmRegistered) error {
	return run(ctx, tx, `INSERT INTO identity_firm_v2 (id, uscc, unit_name, division, example) VALUES ($1, $2, $3, $4, $5)`,
		f.ID, e.GetUscc(), e.GetUnitName(), e.GetDivision(), e.GetExample())
}

func onMemberJoined(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.MemberJoined) error {
	return run(ctx, tx, `INSERT INTO identity_member_v2 (firm_id, account_id, role, from_day, to_day, revoked)
		VALUES ($1, $2, $3, $4, $5, FALSE) ON CONFLICT (firm_id, account_id) DO UPDATE
		SET role = excluded.role, from_day = excluded.from_day, to_day = excluded.to_day, revoked = FALSE`,
		f.ID, e.GetAccountId(), e.GetRole(), e.GetFrom().GetIso(), e.GetTo().GetIso())
}

func onMemberRevoked(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.MemberRevoked) error {
	return run(ctx, tx, `UPDATE identity_member_v2 SET revoked = TRUE WHERE firm_id = $1 AND account_id = $2`,
		f.ID, e.GetAccountId())
}

func onFirmApplied(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.FirmApplied) error {
	licence, err := attachment(e.GetLicence())
	if err != nil {
		return err
	}
	mandate, err := attachment(e.GetMandate())
	if err != nil {
		return err
	}
	return run(ctx, tx, `INSERT INTO identity_application_v2 (id, filed, account_id, uscc, unit_name, division,
		licence, mandate, legal_representative, state, reason, firm_id, example)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', '', '', $10)`,
		f.ID, int64(f.Position), e.GetAccountId(), e.GetUscc(), e.GetUnitName(), e.GetDivision(),
		licence, mandate, e.GetLegalRepresentative(), e.GetExample())
}

func onApproved(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.FirmApplicationApproved) error {
	return run(ctx, tx, `UPDATE identity_application_v2 SET state = 'approved', firm_id = $2 WHERE id = $1`, f.ID, e.GetFirmId())
}

func onRefused(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *identityv1.FirmApplicationRefused) error {
	return run(ctx, tx, `UPDATE identity_application_v2 SET state = 'refused', reason = $2 WHERE id = $1`, f.ID, e.GetReason())
}

func onPersonErased(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *commonv1.PersonErased) error {
	return run(ctx, tx, `UPDATE identity_account_v2 SET name = '' WHERE person_id = $1`, e.GetSubject())
}

// LoginKey is the kind of the reservations that make sign-in names unique.
const LoginKey = "login"

func onReserved(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
	if e.GetKind() != LoginKey {
		return nil
	}
	return run(ctx, tx, `INSERT INTO identity_pending_v2 (reservation_id, login, reserved_at) VALUES ($1, $2, $3)`,
		e.GetReservationId(), e.GetKey(), f.Meta.RecordedAt.UnixMilli())
}

func onConfirmed(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *commonv1.KeyReservationConfirmed) error {
	return run(ctx, tx, `DELETE FROM identity_pending_v2 WHERE reservation_id = $1`, e.GetReservationId())
}

func onReleased(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *commonv1.KeyReservationReleased) error {
	return run(ctx, tx, `DELETE FROM identity_pending_v2 WHERE reservation_id = $1`, e.GetReservationId())
}

// attachment is kept as the contract's JSON; empty if there is none.
func attachment(a *commonv1.Attachment) (string, error) {
	if a == nil {
		return "", nil
	}
	text, err := protojson.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write attachment: %w", err)
	}
	return string(text), nil
}
