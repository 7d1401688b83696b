package esdbstore

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

// MaxAppendBytes is how much one command may store: events, metadata and type
// names together, half of what an event store accepts by default.
const MaxAppendBytes = 512 << 10

// checkSize refuses a batch over [MaxAppendBytes] before it is sent and names
// the largest field of its largest event, without the value, which may be
// personal.
func (b batch) checkSize(events []es.Event) error {
	total, largest, most := 0, 0, 0
	for i, e := range b.events {
		size := len(e.Data) + len(e.Metadata) + 2*len(e.EventType) // the store counts names in UTF-16; ours are ASCII
		total += size
		if size > most {
			largest, most = i, size
		}
	}
	if total <= MaxAppendBytes {
		return nil
	}
	path := largestField(events[largest].ProtoReflect())
	kind := b.events[largest].EventType
	return ErrTooLarge.WithErrors(problem.Field{
		Path: path, Reason: "LARGEST_FIELD",
		Text: problem.Text{
			Zh: fmt.Sprintf("共 %d 字节，最多 %d 字节；其中最大的是事件 %s（第 %d 个）的字段 %s。", total, MaxAppendBytes, kind, largest+1, path),
			En: fmt.Sprintf("%d bytes in all, %d are allowed; the largest part is field %s of event %s (number %d).", total, MaxAppendBytes, path, kind, largest+1),
		},
	})
}

// largestField returns the JSON path of the field that takes most room, as
// deep as it leads: "limits[2].note".
func largestField(m protoreflect.Message) string {
	var field protoreflect.FieldDescriptor
	var value protoreflect.Value
	most := -1
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if size := fieldSize(f, v); size > most {
			field, value, most = f, v, size
		}
		return true
	})
	if field == nil {
		return ""
	}
	path := field.JSONName()
	switch {
	case field.IsList():
		at, most := 0, -1
		for i := range value.List().Len() {
			if size := valueSize(field, value.List().Get(i)); size > most {
				at, most = i, size
			}
		}
		if 2*most < fieldSize(field, value) {
			return path // many small ones: there are too many, none is too large
		}
		path += "[" + strconv.Itoa(at) + "]"
		if field.Message() != nil {
			path = join(path, largestField(value.List().Get(at).Message()))
		}
	case field.Message() != nil && !field.IsMap():
		path = join(path, largestField(value.Message()))
	}
	return path
}

func join(path, rest string) string {
	if rest == "" {
		return path
	}
	return path + "." + rest
}

func fieldSize(f protoreflect.FieldDescriptor, v protoreflect.Value) int {
	size := 0
	switch {
	case f.IsMap():
		v.Map().Range(func(k protoreflect.MapKey, e protoreflect.Value) bool {
			size += len(k.String()) + valueSize(f.MapValue(), e)
			return true
		})
	case f.IsList():
		for i := range v.List().Len() {
			size += valueSize(f, v.List().Get(i))
		}
	default:
		size = valueSize(f, v)
	}
	return size
}

func valueSize(f protoreflect.FieldDescriptor, v protoreflect.Value) int {
	const number = 8
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return proto.Size(v.Message().Interface())
	case protoreflect.StringKind:
		return len(v.String())
	case protoreflect.BytesKind:
		return len(v.Bytes())
	default:
		return number
	}
}
