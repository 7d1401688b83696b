package rpc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Instants and days outside of these years are typing errors.
const firstYear, lastYear = 1990, 2100

// Validate checks a request against the rules of its contract and returns
// [problem.ErrInvalid] with all wrong fields at once: JSON path, the value
// received (never of personal or secret fields), a stable reason, and what to
// do in both languages. Beyond the written rules it refuses days that do not
// exist and instants outside of 1990–2100.
func Validate(msg proto.Message) error {
	var fields problem.Fields
	err := protovalidate.Validate(msg)
	if failed, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		for _, v := range failed.Violations {
			fields = append(fields, fieldOf(msg.ProtoReflect().Descriptor(), v))
		}
	} else if err != nil {
		return fmt.Errorf("validate %s: %w", msg.ProtoReflect().Descriptor().FullName(), err)
	}
	checkTimes(msg.ProtoReflect(), "", &fields)
	return fields.Err()
}

// fieldOf words one violation for people.
func fieldOf(root protoreflect.MessageDescriptor, v *protovalidate.Violation) problem.Field {
	path, fd := follow(root, v.Proto.GetField())
	s := sentenceOf(fd, v)
	var one problem.Fields
	one.Add(path, valueOf(fd, v), s.reason, s.text.Zh, s.text.En)
	return one[0]
}

// follow writes a field path with JSON names, "content.outlets[0].code", and
// finds the field at its end; nil if the path leaves what the contract knows.
func follow(md protoreflect.MessageDescriptor, path *validate.FieldPath) (string, protoreflect.FieldDescriptor) {
	var b strings.Builder
	var fd protoreflect.FieldDescriptor
	for _, e := range path.GetElements() {
		name := e.GetFieldName()
		fd = nil
		if md != nil {
			fd = md.Fields().ByNumber(protoreflect.FieldNumber(e.GetFieldNumber()))
			md = nil
		}
		if fd != nil {
			name, md = fd.JSONName(), fd.Message()
			if fd.IsMap() {
				md = fd.MapValue().Message()
			}
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
		switch {
		case e.HasIndex():
			fmt.Fprintf(&b, "[%d]", e.GetIndex())
		case e.HasStringKey():
			fmt.Fprintf(&b, "[%q]", e.GetStringKey())
		}
	}
	return b.String(), fd
}

// valueOf is the value as a person would recognise it: scalars as text, lists
// by their number of entries, messages and private fields not at all.
func valueOf(fd protoreflect.FieldDescriptor, v *protovalidate.Violation) string {
	if fd == nil || !v.FieldValue.IsValid() || private(fd) {
		return ""
	}
	switch value := v.FieldValue.Interface().(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case protoreflect.EnumNumber:
		if known := fd.Enum().Values().ByNumber(value); known != nil {
			return string(known.Name())
		}
		return strconv.Itoa(int(value))
	case protoreflect.List:
		return strconv.Itoa(value.Len())
	case protoreflect.Map:
		return strconv.Itoa(value.Len())
	case []byte, protoreflect.Message:
		return ""
	default:
		return fmt.Sprint(value)
	}
}

// checkTimes walks the message for days and instants that cannot be.
func checkTimes(m protoreflect.Message, path string, fields *problem.Fields) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Message() == nil || fd.IsMap() {
			return true
		}
		at := fd.JSONName()
		if path != "" {
			at = path + "." + at
		}
		switch {
		case fd.IsList():
			for i := range v.List().Len() {
				checkTime(v.List().Get(i).Message(), fmt.Sprintf("%s[%d]", at, i), fields)
			}
		default:
			checkTime(v.Message(), at, fields)
		}
		return true
	})
}

func checkTime(m protoreflect.Message, path string, fields *problem.Fields) {
	switch t := m.Interface().(type) {
	case *timestamppb.Timestamp:
		if !t.IsValid() || t.AsTime().Year() < firstYear || t.AsTime().Year() > lastYear {
			fields.Add(path, t.AsTime().Format(time.RFC3339), "TIME_OUT_OF_RANGE",
				"时间应在 1990 年到 2100 年之间。", "The time must lie between 1990 and 2100.")
		}
	case *commonv1.Date:
		if _, err := time.Parse(time.DateOnly, t.GetIso()); err != nil && datePattern.MatchString(t.GetIso()) {
			fields.Add(path+".iso", t.GetIso(), "NO_SUCH_DAY",
				"日历上没有这一天，请核对月份和日期。", "There is no such day. Check the month and the day.")
		}
	default:
		checkTimes(m, path, fields)
	}
}
