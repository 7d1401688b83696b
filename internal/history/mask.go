package history

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "shiyang/proto/common/v1"
)

// mask stands for a personal value that the reader may not see.
const mask = "***"

// Masked returns the message with every personal field (D10) replaced by
// "***". Empty fields stay empty: that somebody was erased is no secret. The
// message itself is not changed.
func Masked(m proto.Message) proto.Message {
	clone := proto.Clone(m)
	hide(clone.ProtoReflect())
	return clone
}

func hide(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap(): // contracts hold no maps
		case fd.Message() != nil && fd.IsList():
			for i := range v.List().Len() {
				hide(v.List().Get(i).Message())
			}
		case fd.Message() != nil:
			hide(v.Message())
		case personal(fd) && !fd.IsList():
			m.Set(fd, protoreflect.ValueOfString(mask))
		}
		return true
	})
}

func personal(fd protoreflect.FieldDescriptor) bool {
	rule, ok := proto.GetExtension(fd.Options(), commonv1.E_Personal).(*commonv1.Personal)
	return ok && rule.GetSubject() != ""
}
