package register

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

// Source is what one department publishes: a kind of entry and the handlers
// that turn its facts into entries. Its rules are the rows of the kind in
// rules.csv.
type Source struct {
	Kind     string // "permit"
	Handlers []readmodel.Handler
}

// On makes a handler of a source. The rules of the kind are applied by
// [Edit.Publish], so a handler cannot publish what they withhold.
func On[E es.Event](kind string, handle func(context.Context, *Edit, E) error) readmodel.Handler {
	rules, err := ReadRules(kind)
	if err != nil {
		panic(err) // the table is embedded: this is found by the first test that runs
	}
	return readmodel.On(func(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e E) error {
		return handle(ctx, &Edit{Fact: fact, tx: tx, rules: rules}, e)
	})
}

// Edit is the change of the register that one fact brings about.
type Edit struct {
	Fact  readmodel.Fact
	tx    readmodel.Tx
	rules *Rules
}

// Version opens a version of an entry.
type Version = permitsv1.EntryVersion

// Head returns what the register says of a record now, without its content;
// nil if it has no entry.
func (e *Edit) Head(ctx context.Context, id string) (*permitsv1.PublicEntry, error) {
	var head string
	err := e.tx.QueryRowContext(ctx, `SELECT head FROM `+entries+` WHERE key = $1`, e.key(id)).Scan(&head)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no entry is an answer
	}
	if err != nil {
		return nil, err
	}
	var entry permitsv1.PublicEntry
	return &entry, protojson.Unmarshal([]byte(head), &entry)
}

// Publish enters a record or changes its entry, as far as the rules allow.
// parts is what the record says, by its name in the entry's content; nil
// leaves the content as it is. version is set when a new one begins.
func (e *Edit) Publish(ctx context.Context, id string, head *permitsv1.PublicEntry, parts map[string]proto.Message, version *Version) error {
	before, err := e.Head(ctx, id)
	if err != nil {
		return err
	}
	content, err := e.content(ctx, id, parts)
	if err != nil {
		return err
	}
	public, _ := proto.Clone(head).(*permitsv1.PublicEntry)
	public.Kind, public.Id, public.Position, public.Content = e.rules.kind, id, uint64(e.Fact.Position), nil
	public.Version = max(before.GetVersion(), version.GetVersion())
	public, _ = e.rules.Public("", public).(*permitsv1.PublicEntry)
	change := "changed"
	switch {
	case before == nil:
		change = "published"
	case before.GetInForce() && !public.GetInForce():
		change = "ended"
	}
	written, err := compact(public)
	if err != nil {
		return err
	}
	if err := e.log(ctx, change, public, written, content); err != nil {
		return err
	}
	if err := e.put(ctx, public, written); err != nil {
		return err
	}
	if version == nil {
		return nil
	}
	version.Position = uint64(e.Fact.Position)
	body, err := compact(version)
	if err != nil {
		return err
	}
	_, err = e.tx.ExecContext(ctx, `INSERT INTO `+versions+` (key, version, position, body) VALUES ($1, $2, $3, $4)`,
		e.key(id), version.GetVersion(), int64(e.Fact.Position), body)
	return err
}

// content is the public part of what the record says: the parts given, and
// those published before.
func (e *Edit) content(ctx context.Context, id string, parts map[string]proto.Message) (string, error) {
	last := "{}"
	err := e.tx.QueryRowContext(ctx, `SELECT content FROM `+changes+` WHERE key = $1 ORDER BY sequence DESC LIMIT 1`, e.key(id)).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	if parts == nil {
		return last, nil
	}
	all := map[string]json.RawMessage{}
	if last != "" { // it was withdrawn
		if err := json.Unmarshal([]byte(last), &all); err != nil {
			return "", err
		}
	}
	for name, part := range parts {
		text, err := compact(e.rules.Public(name, part))
		if err != nil {
			return "", err
		}
		all[name] = json.RawMessage(text)
	}
	body, err := json.Marshal(all)
	return string(body), err
}

// put writes the row that searches read.
func (e *Edit) put(ctx context.Context, p *permitsv1.PublicEntry, head string) error {
	key, inForce := e.key(p.GetId()), 0
	if p.GetInForce() {
		inForce = 1
	}
	_, err := e.tx.ExecContext(ctx, `INSERT INTO `+entries+` (key, kind, id, number, division, in_force, decided, head)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (key) DO UPDATE SET number = excluded.number, division = excluded.division, in_force = excluded.in_force,
			decided = excluded.decided, head = excluded.head`,
		key, p.GetKind(), p.GetId(), p.GetNumber(), p.GetDivision(), inForce, p.GetDecided().GetIso(), head)
	if err != nil {
		return err
	}
	return readmodel.PutSearch(ctx, e.tx, search, key, p.GetUnitName(), p.GetUscc(), p.GetNumber())
}

// log adds a change to the feed.
func (e *Edit) log(ctx context.Context, change string, p *permitsv1.PublicEntry, head, content string) error {
	_, err := e.tx.ExecContext(ctx, `INSERT INTO `+changes+` (sequence, position, recorded_at, change, key, kind, id, version, head, content)
		SELECT coalesce(max(sequence), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM `+changes,
		int64(e.Fact.Position), e.Fact.Meta.RecordedAt.UTC().Format(stampLayout), change, e.key(p.GetId()), e.rules.kind, p.GetId(),
		p.GetVersion(), head, content)
	return err
}

// Withdraw takes an entry out of the register, also out of the changes before,
// and tells mirrors to delete their copy. Nothing happens if there is none.
func (e *Edit) Withdraw(ctx context.Context, id string) error {
	before, err := e.Head(ctx, id)
	if err != nil || before == nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE ` + changes + ` SET head = '', content = '' WHERE key = $1`,
		`DELETE FROM ` + versions + ` WHERE key = $1`,
		`DELETE FROM ` + entries + ` WHERE key = $1`,
	} {
		if _, err := e.tx.ExecContext(ctx, statement, e.key(id)); err != nil {
			return err
		}
	}
	if err := readmodel.PutSearch(ctx, e.tx, search, e.key(id)); err != nil {
		return err
	}
	return e.log(ctx, "withdrawn", &permitsv1.PublicEntry{Id: id, Version: before.GetVersion()}, "", "")
}

// Keep remembers something about a record that later facts of the source need.
// What is kept is never published.
func (e *Edit) Keep(ctx context.Context, what, id string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = e.tx.ExecContext(ctx, `INSERT INTO `+notes+` (key, body) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET body = excluded.body`, e.rules.kind+"/"+what+":"+id, string(body))
	return err
}

// Kept reads what was kept into value; false if nothing was.
func (e *Edit) Kept(ctx context.Context, what, id string, value any) (bool, error) {
	var body string
	err := e.tx.QueryRowContext(ctx, `SELECT body FROM `+notes+` WHERE key = $1`, e.rules.kind+"/"+what+":"+id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal([]byte(body), value)
}

// Drop forgets what was kept.
func (e *Edit) Drop(ctx context.Context, what, id string) error {
	_, err := e.tx.ExecContext(ctx, `DELETE FROM `+notes+` WHERE key = $1`, e.rules.kind+"/"+what+":"+id)
	return err
}

func (e *Edit) key(id string) string { return keyOf(e.rules.kind, id) }

func keyOf(kind, id string) string { return kind + ":" + id }

// compact writes a message the same way every time; protojson varies its white
// space on purpose.
func compact(m proto.Message) (string, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", fmt.Errorf("compact %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	return b.String(), nil
}
