package form

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/problem"
)

// attachmentParts are the fields of a common.v1.Attachment that travel with a
// form once the file is stored.
var attachmentParts = []string{"sha256", "size", "mediaType", "kind", "title"}

// Decode writes the values into the message, field by field. What cannot be
// read as the field's kind is answered as a problem at its path; whether a
// value is allowed is for the service to say.
func (f Form) Decode(values url.Values, m proto.Message) problem.Fields {
	var wrong problem.Fields
	f.Each(values, func(path string, _ int, field Field) {
		if field.Kind == File {
			for _, part := range attachmentParts {
				decodeOne(m, path+"."+part, Field{Kind: Kept}, values, &wrong)
			}
			return
		}
		decodeOne(m, path, field, values, &wrong)
	})
	return wrong
}

func decodeOne(m proto.Message, path string, field Field, values url.Values, wrong *problem.Fields) {
	raw := values[path]
	if field.Kind == Pick && !field.Optional && strings.Join(raw, "") == "" {
		wrong.Add(path, "", "CHOOSE_ONE", "选一项："+field.Label.Zh, "Choose one: "+field.Label.En)
		return
	}
	if len(raw) == 0 {
		return
	}
	text := raw[0]
	if field.Kind != Secret {
		text = strings.TrimSpace(text)
	}
	if text == "" && field.Kind != Ticks {
		return
	}
	if field.Kind == Area {
		raw = strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ' ' || r == ',' || r == '，' })
	}
	if field.Kind == Scaled {
		whole, ok := Shift(text, field.Scale)
		if !ok {
			wrong.Add(path, text, "NOT_A_DECIMAL",
				fmt.Sprintf("填数字，最多 %d 位小数，例如 12.5", field.Scale),
				fmt.Sprintf("Enter a number with at most %d decimals, such as 12.5", field.Scale))
			return
		}
		text = strconv.FormatInt(whole, 10)
	}
	if err := set(m.ProtoReflect(), strings.Split(path, "."), text, raw); err != nil {
		wrong.Add(path, text, "NOT_A_NUMBER", "填整数，不带单位", "Enter a whole number without a unit")
	}
}

// set writes one value at a path; a path that the message does not have is a
// mistake of the form and is ignored (a test walks every form).
func set(m protoreflect.Message, path []string, text string, all []string) error {
	name, index, indexed := strings.Cut(path[0], "[")
	fd := m.Descriptor().Fields().ByJSONName(name)
	if fd == nil {
		return nil
	}
	switch {
	case indexed && fd.IsList() && fd.Message() != nil:
		i, ok := row(index)
		if !ok || len(path) == 1 {
			return nil
		}
		list := m.Mutable(fd).List()
		for list.Len() <= i {
			list.AppendMutable()
		}
		return set(list.Get(i).Message(), path[1:], text, all)
	case fd.IsList():
		list := m.Mutable(fd).List()
		for _, one := range all {
			v, err := scalar(fd, strings.TrimSpace(one))
			if err != nil {
				return err
			}
			if strings.TrimSpace(one) != "" {
				list.Append(v)
			}
		}
		return nil
	case fd.Message() != nil && len(path) > 1:
		return set(m.Mutable(fd).Message(), path[1:], text, all)
	case fd.Message() != nil: // a day is written as its string
		if iso := fd.Message().Fields().ByName("iso"); iso != nil {
			m.Mutable(fd).Message().Set(iso, protoreflect.ValueOfString(text))
		}
		return nil
	}
	v, err := scalar(fd, text)
	if err != nil {
		return err
	}
	m.Set(fd, v)
	return nil
}

// row reads the number of a row: "2]".
func row(index string) (int, bool) {
	i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	return i, err == nil && i >= 0 && i < mostRows
}

func scalar(fd protoreflect.FieldDescriptor, text string) (protoreflect.Value, error) {
	switch fd.Kind() { //nolint:exhaustive // the contracts use no other kinds in forms; a test walks every form
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(text == "true" || text == "on" || text == "1"), nil
	case protoreflect.EnumKind:
		if v := fd.Enum().Values().ByName(protoreflect.Name(text)); v != nil {
			return protoreflect.ValueOfEnum(v.Number()), nil
		}
		return protoreflect.ValueOfEnum(0), nil
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(text, 10, 32)
		return protoreflect.ValueOfInt32(int32(n)), err
	case protoreflect.Int64Kind:
		n, err := strconv.ParseInt(text, 10, 64)
		return protoreflect.ValueOfInt64(n), err
	case protoreflect.Uint64Kind:
		n, err := strconv.ParseUint(text, 10, 64)
		return protoreflect.ValueOfUint64(n), err
	}
	return protoreflect.ValueOfString(text), nil
}

// Encode reads the values of the form's fields out of a message, so that a
// form can open with what is on record. Secrets are never read.
func (f Form) Encode(m proto.Message) url.Values {
	values := url.Values{}
	one := func(path string, field Field) {
		if field.Kind == Secret {
			return
		}
		if field.Kind == File {
			for _, part := range attachmentParts {
				if got := get(m.ProtoReflect(), strings.Split(path+"."+part, ".")); len(got) > 0 {
					values[path+"."+part] = got
				}
			}
			return
		}
		got := get(m.ProtoReflect(), strings.Split(path, "."))
		if len(got) == 1 && field.Kind == Scaled {
			got[0] = Unshift(got[0], field.Scale)
		}
		if len(got) > 0 {
			values[path] = got
		}
	}
	for _, s := range f {
		for _, field := range s.Fields {
			one(field.Path, field)
		}
		if s.Rows == nil {
			continue
		}
		for i := range length(m.ProtoReflect(), strings.Split(s.Rows.Path, ".")) {
			for _, field := range s.Rows.Fields {
				one(s.Rows.name(i, field.Path), field)
			}
		}
	}
	return values
}

// get reads the value at a path; nothing if it is absent or zero.
func get(m protoreflect.Message, path []string) []string {
	name, index, indexed := strings.Cut(path[0], "[")
	fd := m.Descriptor().Fields().ByJSONName(name)
	if fd == nil || !m.Has(fd) {
		return nil
	}
	v := m.Get(fd)
	switch {
	case indexed && fd.IsList() && fd.Message() != nil && len(path) > 1:
		i, ok := row(index)
		if !ok || i >= v.List().Len() {
			return nil
		}
		return get(v.List().Get(i).Message(), path[1:])
	case fd.IsList() && fd.Message() == nil:
		var all []string
		for i := range v.List().Len() {
			all = append(all, plain(fd, v.List().Get(i)))
		}
		return all
	case fd.IsList():
		return nil
	case fd.Message() != nil && len(path) > 1:
		return get(v.Message(), path[1:])
	case fd.Message() != nil:
		if iso := fd.Message().Fields().ByName("iso"); iso != nil {
			return []string{v.Message().Get(iso).String()}
		}
		return nil
	}
	return []string{plain(fd, v)}
}

func plain(fd protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if fd.Kind() == protoreflect.EnumKind {
		if value := fd.Enum().Values().ByNumber(v.Enum()); value != nil {
			return string(value.Name())
		}
	}
	return v.String()
}

func length(m protoreflect.Message, path []string) int {
	for len(path) > 0 {
		fd := m.Descriptor().Fields().ByJSONName(path[0])
		if fd == nil || !m.Has(fd) {
			return 0
		}
		if fd.IsList() {
			return min(m.Get(fd).List().Len(), mostRows)
		}
		if fd.Message() == nil {
			return 0
		}
		m, path = m.Get(fd).Message(), path[1:]
	}
	return 0
}

// Has reports whether a path leads to a field of the message; tests use it to
// prove that every form fits its request.
func Has(m protoreflect.MessageDescriptor, path string) bool {
	for {
		head, rest, more := strings.Cut(path, ".")
		name, _, _ := strings.Cut(head, "[")
		fd := m.Fields().ByJSONName(name)
		if fd == nil {
			return false
		}
		if !more {
			return true
		}
		if m = fd.Message(); m == nil {
			return false
		}
		path = rest
	}
}

// Shift reads a decimal and returns it times 10 to the places, exactly; false
// if it is no decimal, has more places, or is too large.
func Shift(text string, places int) (int64, bool) {
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" || len(part) > places || strings.HasPrefix(text, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	return n, err == nil && n >= 0
}

// Unshift is the decimal that [Shift] reads as this whole number.
func Unshift(whole string, places int) string {
	if len(whole) <= places {
		whole = strings.Repeat("0", places-len(whole)+1) + whole
	}
	cut := len(whole) - places
	part := strings.TrimRight(whole[cut:], "0")
	if part == "" {
		return whole[:cut]
	}
	return whole[:cut] + "." + part
}
