package register

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

//go:embed rules.csv
var rulesTable string

//go:embed bases.csv
var basesTable string

// Rules say of every field of one kind of entry whether and by what law it is
// published 公开规则. A field without a rule is not published, and a field that
// its contract marks as personal or secret never is, whatever its rule says.
type Rules struct {
	kind   string
	list   []*permitsv1.PublishRule
	fields map[string]rule
}

type rule struct {
	publish permitsv1.Publish
	mask    func(string) string
}

var publishes = map[string]permitsv1.Publish{
	"public":   permitsv1.Publish_PUBLISH_PUBLIC,
	"masked":   permitsv1.Publish_PUBLISH_MASKED,
	"withheld": permitsv1.Publish_PUBLISH_WITHHELD,
}

// masks are the ways to publish a part of a text.
var masks = map[string]func(string) string{"county": upToCounty}

// upToCounty keeps an address as far as its county or district.
func upToCounty(address string) string {
	for _, ends := range []string{"县区旗", "市", "省"} {
		if i := strings.IndexAny(address, ends); i >= 0 {
			_, size := utf8.DecodeRuneInString(address[i:])
			return address[:i+size] + "***"
		}
	}
	if address == "" {
		return ""
	}
	return "***"
}

// ReadRules reads the rules of a kind from the table of the package. The table
// is part of the program: one that cannot be read is a mistake of ours, and
// the error says where.
func ReadRules(kind string) (*Rules, error) {
	bases := map[string]*commonv1.Text{}
	rows, err := table(basesTable, 3)
	if err != nil {
		return nil, fmt.Errorf("bases of publishing: %w", err)
	}
	for _, row := range rows {
		bases[row[0]] = &commonv1.Text{Zh: row[1], En: row[2]}
	}
	if rows, err = table(rulesTable, 5); err != nil {
		return nil, fmt.Errorf("rules of publishing: %w", err)
	}
	rules := &Rules{kind: kind, fields: map[string]rule{}}
	for _, row := range rows {
		if row[0] != kind {
			continue
		}
		field, publish, basis := row[1], publishes[row[2]], bases[row[4]]
		mask := masks[row[3]]
		switch _, twice := rules.fields[field]; {
		case twice:
			return nil, fmt.Errorf("rules of publishing: %s.%s has two", kind, field)
		case publish == permitsv1.Publish_PUBLISH_UNSPECIFIED, basis == nil:
			return nil, fmt.Errorf("rules of publishing: %s.%s lacks its way or its basis", kind, field)
		case (publish == permitsv1.Publish_PUBLISH_MASKED) != (mask != nil):
			return nil, fmt.Errorf("rules of publishing: %s.%s is masked without a mask", kind, field)
		}
		rules.fields[field] = rule{publish, mask}
		rules.list = append(rules.list, &permitsv1.PublishRule{Kind: kind, Field: field, Publish: publish, Basis: basis})
	}
	if len(rules.list) == 0 {
		return nil, fmt.Errorf("rules of publishing: none for %s", kind)
	}
	return rules, nil
}

func table(text string, columns int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

// List is every rule, in the order of the table.
func (r *Rules) List() []*permitsv1.PublishRule { return r.list }

// Public returns a copy of a message that holds only what may be published.
// path is the JSON path of the message in the entry, "" for the entry itself.
func (r *Rules) Public(path string, m proto.Message) proto.Message {
	out := proto.Clone(m)
	r.clear(path, out.ProtoReflect())
	return out
}

func (r *Rules) clear(path string, m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := f.JSONName()
		if path != "" {
			at = path + "." + at
		}
		if !whole(f) {
			if f.IsList() {
				for i := range v.List().Len() {
					r.clear(at, v.List().Get(i).Message())
				}
			} else {
				r.clear(at, v.Message())
			}
			return true
		}
		said := r.fields[at]
		switch {
		case marked(f), said.publish == permitsv1.Publish_PUBLISH_WITHHELD, said.publish == permitsv1.Publish_PUBLISH_UNSPECIFIED:
			m.Clear(f)
		case said.publish == permitsv1.Publish_PUBLISH_MASKED:
			if f.Kind() != protoreflect.StringKind || f.IsList() {
				m.Clear(f)
				return true
			}
			m.Set(f, protoreflect.ValueOfString(said.mask(v.String())))
		}
		return true
	})
}

// whole reports whether a rule is about the field as one: a plain value, a
// day, a text in two languages, or the content that was made public already.
func whole(f protoreflect.FieldDescriptor) bool {
	if f.Message() == nil || f.IsMap() {
		return true
	}
	switch f.Message().FullName() {
	case "common.v1.Date", "common.v1.Text", "google.protobuf.Struct", "google.protobuf.Timestamp":
		return true
	}
	return false
}

// marked reports whether the contract says that a field is about a person or
// is a secret.
func marked(f protoreflect.FieldDescriptor) bool {
	personal, _ := proto.GetExtension(f.Options(), commonv1.E_Personal).(*commonv1.Personal)
	secret, _ := proto.GetExtension(f.Options(), commonv1.E_Secret).(bool)
	return personal != nil || secret
}
