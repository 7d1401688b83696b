package contract

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

const (
	timestamp = "google.protobuf.Timestamp"
)

// wellKnown tells whether a message is written as one JSON value.
func wellKnown(m protoreflect.MessageDescriptor) bool { return m.FullName() == timestamp }

// fits tells whether a scalar JSON value can be decoded into the field.
func fits(f protoreflect.FieldDescriptor, t json.Token) bool {
	s, isString := t.(string)
	number, isNumber := t.(json.Number)
	if isNumber {
		s = number.String()
	}
	switch f.Kind() {
	case protoreflect.StringKind:
		return isString
	case protoreflect.BoolKind:
		_, ok := t.(bool)
		return ok
	case protoreflect.EnumKind:
		return isString && f.Enum().Values().ByName(protoreflect.Name(s)) != nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return isNumber && parses(s, 32, true)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return isNumber && parses(s, 32, false)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return (isNumber || isString) && parses(s, 64, true)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return (isNumber || isString) && parses(s, 64, false)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		x, err := strconv.ParseFloat(s, 64)
		return isNumber && err == nil && !math.IsInf(x, 0)
	case protoreflect.BytesKind:
		_, err := base64.StdEncoding.DecodeString(s)
		return isString && err == nil
	case protoreflect.MessageKind:
		at, err := time.Parse(time.RFC3339Nano, s)
		return isString && err == nil && at.Year() >= 1990 && at.Year() <= 2100
	case protoreflect.GroupKind:
	}
	return false
}

func parses(s string, bits int, signed bool) bool {
	var err error
	if signed {
		_, err = strconv.ParseInt(s, 10, bits)
	} else {
		_, err = strconv.ParseUint(s, 10, bits)
	}
	return err == nil
}

// expected says what may stand in a field.
func expected(f protoreflect.FieldDescriptor) (zh, en string) {
	switch f.Kind() {
	case protoreflect.StringKind:
		return "文本", "text"
	case protoreflect.BoolKind:
		return " true 或 false", "true or false"
	case protoreflect.EnumKind:
		var names []string
		for i := range f.Enum().Values().Len() {
			if v := f.Enum().Values().Get(i); v.Number() != 0 {
				names = append(names, string(v.Name()))
			}
		}
		list := strings.Join(names, ", ")
		return "其中之一：" + list, "one of: " + list
	case protoreflect.MessageKind:
		if wellKnown(f.Message()) {
			return "时间，如 2026-11-23T09:00:00+08:00（1990 至 2100 年）", "a time such as 2026-11-23T09:00:00+08:00, between 1990 and 2100"
		}
		return "对象", "an object"
	case protoreflect.BytesKind:
		return " Base64 文本", "base64 text"
	default:
		return "整数", "a whole number"
	}
}

// text is the value as it may be shown: never of a personal field.
func text(f protoreflect.FieldDescriptor, t json.Token) string {
	if proto.HasExtension(f.Options(), commonv1.E_Personal) {
		return ""
	}
	switch v := t.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// CheckQuery returns everything in a query string that the route's contract
// does not know.
func (r *Route) CheckQuery(query url.Values) problem.Fields {
	var found problem.Fields
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		values := query[key]
		f := r.Input.Fields().ByJSONName(key)
		switch {
		case r.Write():
			found.Add(key, "", "UNKNOWN_FIELD", "这个地址不接受查询参数。", "This address takes no query parameters.")
		case f == nil || f.IsMap() || f.Message() != nil && !wellKnown(f.Message()):
			found.Add(key, "", "UNKNOWN_FIELD", "没有这个查询参数"+hint(r.Input, key, "（是否指 ", "？）")+"。", "There is no such parameter"+hint(r.Input, key, " (did you mean ", "?)")+".")
		case r.InPath[f.FullName()]:
			found.Add(key, "", "GIVEN_BY_PATH", "该字段由地址给出。", "The path gives this field.")
		case len(values) > 1 && !f.IsList():
			found.Add(key, "", "DUPLICATE_FIELD", "该参数出现了两次，请只保留一个。", "This parameter is given twice; keep one.")
		case !slices.ContainsFunc(values, func(v string) bool { return !fits(f, queryToken(f, v)) }):
		default:
			zh, en := expected(f)
			found.Add(key, text(f, values[0]), "WRONG_TYPE", "这里应填"+zh+"。", "Expected "+en+".")
		}
	}
	return found
}

// queryToken is a query value as JSON would hold it.
func queryToken(f protoreflect.FieldDescriptor, v string) json.Token {
	switch f.Kind() {
	case protoreflect.BoolKind:
		if b, err := strconv.ParseBool(v); err == nil {
			return b
		}
		return v
	case protoreflect.StringKind, protoreflect.EnumKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return v
	default:
		return json.Number(v)
	}
}
