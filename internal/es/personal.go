package es

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Keyring keeps one key per person (subject, an opaque UUID) outside the
// event store, so that destroying the key erases the person from every event
// while every proof over the stored bytes still verifies (D10).
type Keyring interface {
	// Seal encrypts plain for a subject and authenticates aad with it, making
	// the subject's key at first use. It fails with ErrErased if the key was
	// destroyed: an erased person never gets a new key.
	Seal(ctx context.Context, subject string, plain, aad []byte) (string, error)

	// Open is the opposite of Seal. It fails with ErrErased if the subject's
	// key was destroyed.
	Open(ctx context.Context, subject, sealed string, aad []byte) ([]byte, error)
}

// ErrErased reports a person whose key was destroyed.
var ErrErased = &problem.Error{
	Kind: problem.Rejected, Reason: "PERSON_ERASED",
	Text: problem.Text{
		Zh: "该人员的个人信息已依法删除，不能再登记；如需办理，请重新登记为新的人员。",
		En: "This person's data was erased by law and cannot be recorded again. Enter the person anew.",
	},
}

// sealedPrefix starts every sealed field and names the form of what follows:
// URL-safe base64 of nonce and ciphertext.
const sealedPrefix = "p1."

// FormatSealed writes nonce and ciphertext in the form that sealed fields
// are stored in. Keyrings use it.
func FormatSealed(nonce, ciphertext []byte) string {
	both := append(nonce[:len(nonce):len(nonce)], ciphertext...)
	return sealedPrefix + base64.RawURLEncoding.EncodeToString(both)
}

// ParseSealed is the opposite of [FormatSealed] for nonces of a given size.
func ParseSealed(sealed string, nonceSize int) (nonce, ciphertext []byte, err error) {
	text, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return nil, nil, errors.New("personal field is not sealed")
	}
	both, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(both) < nonceSize {
		return nil, nil, errors.New("sealed field is damaged")
	}
	return both[:nonceSize], both[nonceSize:], nil
}

// plan tells where a message type holds personal fields, so that messages
// without any are never walked.
type plan struct {
	err      error // the type breaks the contract's rules
	personal []personalField
	nested   []nestedField
}

type personalField struct{ field, subject protoreflect.FieldDescriptor }

type nestedField struct {
	field protoreflect.FieldDescriptor
	plan  *plan
}

func (p *plan) empty() bool { return p.err == nil && len(p.personal) == 0 && len(p.nested) == 0 }

// plans caches the plan of every event type. The zero value is ready.
type plans struct{ byType sync.Map } // protoreflect.FullName → *plan

func (ps *plans) of(m protoreflect.MessageDescriptor) *plan {
	if p, ok := ps.byType.Load(m.FullName()); ok {
		return p.(*plan) // the map holds nothing else
	}
	p := &plan{}
	p.err = p.build(m, map[protoreflect.FullName]bool{})
	ps.byType.Store(m.FullName(), p)
	return p
}

// build fills the plan of m; open holds the types that enclose it.
func (p *plan) build(m protoreflect.MessageDescriptor, open map[protoreflect.FullName]bool) error {
	if open[m.FullName()] {
		return fmt.Errorf("%s contains itself, events may not", m.FullName())
	}
	open[m.FullName()] = true
	defer delete(open, m.FullName())
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		mark, ok := proto.GetExtension(f.Options(), commonv1.E_Personal).(*commonv1.Personal)
		switch {
		case f.IsMap():
			return fmt.Errorf("%s is a map, events may hold none", f.FullName())
		case ok && mark != nil:
			subject := m.Fields().ByName(protoreflect.Name(mark.GetSubject()))
			if subject == nil || subject == f || !singleString(subject) || !singleString(f) {
				return fmt.Errorf("%s is marked personal, but it or its subject %q is no string of the message", f.FullName(), mark.GetSubject())
			}
			p.personal = append(p.personal, personalField{f, subject})
		case f.Message() != nil:
			inner := &plan{}
			if err := inner.build(f.Message(), open); err != nil {
				return err
			}
			if !inner.empty() {
				p.nested = append(p.nested, nestedField{f, inner})
			}
		}
	}
	return nil
}

func singleString(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.StringKind && f.Cardinality() != protoreflect.Repeated
}

// change replaces one personal value; aad binds it to its place.
type change func(subject, value string, aad []byte) (string, error)

// apply changes every personal value below m. The path of a value uses the
// JSON names, which are what is stored.
func (p *plan) apply(typ, path string, m protoreflect.Message, f change) error {
	for _, pf := range p.personal {
		value := m.Get(pf.field).String()
		if value == "" {
			continue
		}
		at, subject := path+pf.field.JSONName(), m.Get(pf.subject).String()
		if subject == "" {
			return fmt.Errorf("%s: %s names no person", at, pf.subject.JSONName())
		}
		changed, err := f(subject, value, []byte(typ+"\n"+at+"\n"+subject))
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		m.Set(pf.field, protoreflect.ValueOfString(changed))
	}
	for _, n := range p.nested {
		if !m.Has(n.field) {
			continue
		}
		at := path + n.field.JSONName()
		if !n.field.IsList() {
			if err := n.plan.apply(typ, at+".", m.Mutable(n.field).Message(), f); err != nil {
				return err
			}
			continue
		}
		for i, list := 0, m.Get(n.field).List(); i < list.Len(); i++ {
			if err := n.plan.apply(typ, at+"["+strconv.Itoa(i)+"].", list.Get(i).Message(), f); err != nil {
				return err
			}
		}
	}
	return nil
}

var errNoKeyring = errors.New("the codec has no keyring for personal fields")

// seal returns e with its personal fields sealed, leaving e as it is.
func (c *Codec) seal(ctx context.Context, typ string, e Event) (Event, error) {
	p := c.plans.of(e.ProtoReflect().Descriptor())
	if p.err != nil || p.empty() {
		return e, p.err
	}
	e = proto.Clone(e)
	err := p.apply(typ, "", e.ProtoReflect(), func(subject, value string, aad []byte) (string, error) {
		if c.keys == nil {
			return "", errNoKeyring
		}
		return c.keys.Seal(ctx, subject, []byte(value), aad)
	})
	return e, err
}

// open replaces the sealed fields of e by what they hold.
func (c *Codec) open(ctx context.Context, typ string, e Event) error {
	p := c.plans.of(e.ProtoReflect().Descriptor())
	if p.err != nil || p.empty() {
		return p.err
	}
	return p.apply(typ, "", e.ProtoReflect(), func(subject, value string, aad []byte) (string, error) {
		if c.keys == nil {
			return "", errNoKeyring
		}
		plain, err := c.keys.Open(ctx, subject, value, aad)
		if errors.Is(err, ErrErased) {
			return "", nil
		}
		return string(plain), err
	})
}
