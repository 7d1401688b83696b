package visit

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Command makes the request of an act on one record and the way to send it,
// so that the acts of a department can be a table.
type Command[C any] func(client C, recordID string) (proto.Message, func(context.Context) (*commonv1.Receipt, error))

// By is the command of one method of a client; idField is the field of its
// request that names the record ("permit_id").
func By[C any, Q proto.Message, A Receipted](idField protoreflect.Name, method func(C, context.Context, Q, ...grpc.CallOption) (A, error)) Command[C] {
	return func(c C, recordID string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
		var none Q
		m := none.ProtoReflect().New()
		m.Set(m.Descriptor().Fields().ByName(idField), protoreflect.ValueOfString(recordID))
		request, _ := m.Interface().(Q)
		return request, Send(func(ctx context.Context, q Q, o ...grpc.CallOption) (A, error) { return method(c, ctx, q, o...) }, request)
	}
}

// Allowed refuses to open the form of an act that the law does not allow now,
// with the reason and the basis that the service gave. An act that the service
// does not name is left for the service to refuse.
func Allowed(actions []*commonv1.LegalAction, name string) error {
	for _, l := range actions {
		if l.GetName() == name && !l.GetAllowed() {
			return &problem.Error{
				Kind: problem.Rejected, Reason: "NOT_ALLOWED_NOW", Citation: l.GetCitation(), Text: problem.Text(words.From(l.GetReason())),
			}
		}
	}
	return nil
}
