package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Directory answers from the read model. It is safe for concurrent use.
type Directory struct{ db *readmodel.DB }

// New returns the directory in a database.
func New(db *readmodel.DB) *Directory { return &Directory{db} }

// WaitFor waits until the directory has seen a position (D13).
func (d *Directory) WaitFor(ctx context.Context, at uint64) error {
	return d.db.WaitFor(ctx, es.Position(at), Name)
}

// FirmsOf are the firms that an account is or was a member of, by id.
func (d *Directory) FirmsOf(ctx context.Context, accountID string) ([]string, error) {
	return texts(d.db.Query(ctx, `SELECT firm_id FROM identity_member_v2 WHERE account_id = $1 AND NOT revoked ORDER BY firm_id`, accountID))
}

// Accounts returns a page of accounts by sign-in name after the given one.
func (d *Directory) Accounts(ctx context.Context, after string, limit int) ([]*identityv1.Account, error) {
	rows, err := d.db.Query(ctx, `SELECT id, login, person_id, name, disabled FROM identity_account_v2
		WHERE login > $1 ORDER BY login LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []*identityv1.Account
	for rows.Next() {
		a := &identityv1.Account{Person: &commonv1.Person{}}
		if err := rows.Scan(&a.AccountId, &a.Login, &a.Person.Id, &a.Person.Name, &a.Disabled); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Duties returns the role and county pairs of accounts.
func (d *Directory) Duties(ctx context.Context, accountIDs []string) (map[string][][2]string, error) {
	duties := map[string][][2]string{}
	if len(accountIDs) == 0 {
		return duties, nil
	}
	list, args := in(accountIDs, 1)
	rows, err := d.db.Query(ctx, `SELECT account_id, role, county FROM identity_duty_v2
		WHERE account_id IN (`+list+`) ORDER BY account_id, role, county`, args...)
	if err != nil {
		return nil, fmt.Errorf("list duties: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, role, county string
		if err := rows.Scan(&id, &role, &county); err != nil {
			return nil, fmt.Errorf("list duties: %w", err)
		}
		duties[id] = append(duties[id], [2]string{role, county})
	}
	return duties, rows.Err()
}

// wholePrefecture is the division of duties that reach every county.
const wholePrefecture = "620600"

// Colleagues are the accounts in use with duties for one of the scope's
// counties or the whole prefecture, by sign-in name; their duties elsewhere
// are left out.
func (d *Directory) Colleagues(ctx context.Context, s Scope, limit int) ([]*identityv1.Colleague, error) {
	args := []any{limit}
	reaches := "TRUE"
	if !s.All {
		reaches = bind(&args, "d.county = $%d", wholePrefecture)
		for _, county := range s.Counties {
			reaches += " OR " + bind(&args, "d.county = $%d", county)
		}
	}
	rows, err := d.db.Query(ctx, `SELECT a.id, a.name, r.role FROM (
			SELECT DISTINCT a.id, a.login, a.name FROM identity_account_v2 a JOIN identity_duty_v2 d ON d.account_id = a.id
			WHERE NOT a.disabled AND (`+reaches+`) ORDER BY a.login LIMIT $1) a
		JOIN (SELECT DISTINCT d.account_id, d.role FROM identity_duty_v2 d WHERE `+reaches+`) r ON r.account_id = a.id
		ORDER BY a.login, r.role`, args...)
	if err != nil {
		return nil, fmt.Errorf("list colleagues: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []*identityv1.Colleague
	for rows.Next() {
		var id, name, role string
		if err := rows.Scan(&id, &name, &role); err != nil {
			return nil, fmt.Errorf("list colleagues: %w", err)
		}
		if n := len(out); n == 0 || out[n-1].GetAccountId() != id {
			out = append(out, &identityv1.Colleague{AccountId: id, Name: name})
		}
		last := out[len(out)-1]
		last.Roles = append(last.Roles, role)
	}
	return out, rows.Err()
}

// Scope limits what a reader sees.
type Scope struct {
	All      bool
	Counties []string
	Firms    []string
	Account  string // the reader's own account
}

// Names returns the names of those of the ids that the scope may see: firms
// by county or membership; people of the bureau for the bureau; members of a
// firm for whoever sees the firm; oneself always. Staff says whether the
// reader belongs to the bureau.
func (d *Directory) Names(ctx context.Context, s Scope, staff bool, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	list, args := in(ids, 1)
	seen := s.firmCondition("f", &args)
	query := `SELECT f.id, f.unit_name FROM identity_firm_v2 f WHERE f.id IN (` + list + `) AND ` + seen + `
		UNION ALL SELECT a.id, a.name FROM identity_account_v2 a WHERE a.id IN (` + list + `) AND a.name <> '' AND (` +
		bind(&args, "a.id = $%d", s.Account) + ` OR EXISTS (
			SELECT 1 FROM identity_member_v2 m JOIN identity_firm_v2 f ON f.id = m.firm_id
			WHERE m.account_id = a.id AND ` + seen + `)`
	if staff {
		query += ` OR EXISTS (SELECT 1 FROM identity_duty_v2 d WHERE d.account_id = a.id)`
	}
	if s.All {
		query += ` OR TRUE`
	}
	rows, err := d.db.Query(ctx, query+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("resolve names: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("resolve names: %w", err)
		}
		names[id] = name
	}
	return names, rows.Err()
}

// firmCondition is the SQL of which firms the scope sees.
func (s Scope) firmCondition(table string, args *[]any) string {
	if s.All {
		return "TRUE"
	}
	var ways []string
	for _, county := range s.Counties {
		ways = append(ways, bind(args, table+".division = $%d", county))
	}
	for _, firm := range s.Firms {
		ways = append(ways, bind(args, table+".id = $%d", firm))
	}
	if len(ways) == 0 {
		return "FALSE"
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// Applications returns a page of applications in the order of filing after a
// position: those of the scope's counties and the reader's own.
func (d *Directory) Applications(ctx context.Context, s Scope, state string, after int64, limit int) ([]*identityv1.FirmApplication, int64, error) {
	args := []any{after, limit}
	where := "TRUE"
	if !s.All {
		where = bind(&args, "account_id = $%d", s.Account)
	}
	for _, county := range s.Counties {
		where += " OR " + bind(&args, "division = $%d", county)
	}
	if where = "(" + where + ")"; state != "" {
		where += " AND " + bind(&args, "state = $%d", state)
	}
	rows, err := d.db.Query(ctx, `SELECT id, filed, account_id, uscc, unit_name, division, licence, mandate,
		legal_representative, state, reason, firm_id, example FROM identity_application_v2
		WHERE filed > $1 AND `+where+` ORDER BY filed LIMIT $2`, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("list firm applications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []*identityv1.FirmApplication
	var last int64
	for rows.Next() {
		a := &identityv1.FirmApplication{}
		var licence, mandate string
		err := rows.Scan(&a.ApplicationId, &last, &a.AccountId, &a.Uscc, &a.UnitName, &a.Division, &licence, &mandate,
			&a.LegalRepresentative, &a.State, &a.Reason, &a.FirmId, &a.Example)
		if err != nil {
			return nil, 0, fmt.Errorf("list firm applications: %w", err)
		}
		if a.Licence, err = readAttachment(licence); err != nil {
			return nil, 0, err
		}
		if a.Mandate, err = readAttachment(mandate); err != nil {
			return nil, 0, err
		}
		out = append(out, a)
	}
	return out, last, rows.Err()
}

// Person returns the name of an account; empty if it is not there (yet).
func (d *Directory) Person(ctx context.Context, accountID string) (*commonv1.Person, error) {
	p := &commonv1.Person{}
	err := d.db.QueryRow(ctx, `SELECT person_id, name FROM identity_account_v2 WHERE id = $1`, accountID).Scan(&p.Id, &p.Name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("find person: %w", err)
	}
	return p, nil
}

// Pending is a sign-in name that is reserved, but not yet for good.
type Pending struct{ ReservationID, Login string }

// Pending lists the names reserved before an instant, oldest first, at most a
// hundred: what commands that broke off left behind.
func (d *Directory) Pending(ctx context.Context, before time.Time) ([]Pending, error) {
	rows, err := d.db.Query(ctx, `SELECT reservation_id, login FROM identity_pending_v2
		WHERE reserved_at < $1 ORDER BY reserved_at, reservation_id LIMIT 100`, before.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list pending logins: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Pending
	for rows.Next() {
		var p Pending
		if err := rows.Scan(&p.ReservationID, &p.Login); err != nil {
			return nil, fmt.Errorf("list pending logins: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func readAttachment(text string) (*commonv1.Attachment, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // absent is a value of the contract
	}
	a := &commonv1.Attachment{}
	if err := protojson.Unmarshal([]byte(text), a); err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	return a, nil
}

// in returns the placeholders and arguments of an IN list, from $first.
func in(values []string, first int) (string, []any) {
	marks, args := make([]string, len(values)), make([]any, len(values))
	for i, v := range values {
		marks[i], args[i] = "$"+strconv.Itoa(first+i), v
	}
	return strings.Join(marks, ", "), args
}

// bind adds an argument and returns the condition with its placeholder.
func bind(args *[]any, condition string, value any) string {
	*args = append(*args, value)
	return fmt.Sprintf(condition, len(*args))
}

func texts(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, fmt.Errorf("find firms: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("find firms: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
