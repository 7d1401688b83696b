package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// errorDomain is the domain of every google.rpc.ErrorInfo of this product.
const errorDomain = "shiyang"

// retryAfter is what a caller is told to wait when something is unavailable.
const retryAfter = time.Second

// codeOf is the one table from problems to gRPC codes.
var codeOf = map[problem.Kind]codes.Code{
	problem.Invalid:     codes.InvalidArgument,
	problem.NotFound:    codes.NotFound,
	problem.Rejected:    codes.FailedPrecondition,
	problem.Conflict:    codes.Aborted,
	problem.Forbidden:   codes.PermissionDenied,
	problem.Unknown:     codes.Unauthenticated,
	problem.Unavailable: codes.Unavailable,
	problem.TooLarge:    codes.ResourceExhausted,
	problem.TooMany:     codes.ResourceExhausted, // with RetryInfo
}

// kindOf is the same table read backwards. What is too much says when to come
// again, which tells it from what is too large.
var kindOf = func() map[codes.Code]problem.Kind {
	kinds := make(map[codes.Code]problem.Kind, len(codeOf))
	for k, c := range codeOf {
		if k != problem.TooMany {
			kinds[c] = k
		}
	}
	return kinds
}()

// Problems of the transport itself, which carry no detail.
var (
	errUnavailable = &problem.Error{
		Kind: problem.Unavailable, Reason: "SERVICE_UNAVAILABLE",
		Text: problem.Text{
			Zh: "服务暂时不可用，请稍后用同一请求编号重试。",
			En: "The service is not available at the moment. Try again later with the same command id.",
		},
	}
	errTooLarge = &problem.Error{
		Kind: problem.TooLarge, Reason: "REQUEST_TOO_LARGE",
		Text: problem.Text{Zh: "请求内容超过 1 MiB，请减少内容后再试。", En: "The request is larger than 1 MiB. Send less."},
	}
	errSlow = &problem.Error{
		Kind: problem.Unavailable, Reason: "TOOK_TOO_LONG",
		Text: problem.Text{
			Zh: "处理超时，结果尚不确定，请用同一请求编号重试。",
			En: "It took too long and the outcome is not known. Try again with the same command id.",
		},
	}
)

// toStatus turns what a handler returned into what goes over the wire.
// Problems go as they are, context errors keep their code; anything else is
// an internal error whose text stays in the log.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return statusOf(p)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "deadline exceeded")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "canceled")
	}
	if s, ok := status.FromError(err); ok && s.Code() != codes.Unknown {
		return err // from a further service or from gRPC itself
	}
	return status.Error(codes.Internal, "internal error")
}

func statusOf(p *problem.Error) error {
	code, ok := codeOf[p.Kind]
	if !ok {
		return status.Error(codes.Internal, "internal error")
	}
	info := &errdetails.ErrorInfo{Reason: p.Reason, Domain: errorDomain}
	if p.Citation != "" {
		info.Metadata = map[string]string{"citation": p.Citation}
	}
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(ProblemMessage(p)), protoadapt.MessageV1Of(info)}
	if p.Kind == problem.Unavailable || p.Kind == problem.TooMany {
		wait := max(retryAfter, time.Duration(p.Wait)*time.Second)
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}))
	}
	s, err := status.New(code, p.Text.En).WithDetails(details...)
	if err != nil {
		return status.Error(code, p.Text.En)
	}
	return s.Err()
}

// ProblemFrom reads a problem out of an error that a call returned. It
// returns nil if the error is nil or is an internal error, of which people
// only learn that it happened.
func ProblemFrom(err error) *problem.Error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errSlow
	}
	s, ok := status.FromError(err)
	if !ok {
		return nil
	}
	if p := carried(s); p != nil {
		return p
	}
	switch s.Code() {
	case codes.Unavailable:
		return errUnavailable
	case codes.DeadlineExceeded:
		return errSlow
	case codes.ResourceExhausted:
		return errTooLarge
	case codes.Unauthenticated:
		return ErrSignIn
	default: // the remaining codes are internal errors
		return nil
	}
}

// carried is the problem in the details of a status, nil if there is none.
func carried(s *status.Status) (p *problem.Error) {
	wait := time.Duration(0)
	for _, detail := range s.Details() {
		switch m := detail.(type) {
		case *commonv1.Problem:
			p = &problem.Error{
				Kind: kindOf[s.Code()], Reason: m.GetReason(), Citation: m.GetCitation(),
				Text:   problem.Text{Zh: m.GetText().GetZh(), En: m.GetText().GetEn()},
				Errors: Fields(m.GetErrors()), Warnings: Fields(m.GetWarnings()),
			}
		case *errdetails.RetryInfo:
			wait = m.GetRetryDelay().AsDuration()
		}
	}
	if p != nil && p.Kind == problem.TooLarge && wait > 0 {
		p.Kind, p.Wait = problem.TooMany, int(wait/time.Second)
	}
	return p
}

// ProblemMessage is the problem as it travels.
func ProblemMessage(p *problem.Error) *commonv1.Problem {
	return &commonv1.Problem{
		Reason: p.Reason, Text: &commonv1.Text{Zh: p.Text.Zh, En: p.Text.En}, Citation: p.Citation,
		Errors: FieldMessages(p.Errors), Warnings: FieldMessages(p.Warnings),
	}
}

// FieldMessages are field problems as they travel; receipts use it for
// warnings.
func FieldMessages(fields []problem.Field) []*commonv1.FieldProblem {
	var out []*commonv1.FieldProblem
	for _, f := range fields {
		out = append(out, &commonv1.FieldProblem{
			Path: f.Path, Value: f.Value, Reason: f.Reason, Text: &commonv1.Text{Zh: f.Text.Zh, En: f.Text.En},
		})
	}
	return out
}

// Fields reads field problems that travelled.
func Fields(messages []*commonv1.FieldProblem) []problem.Field {
	var out []problem.Field
	for _, m := range messages {
		out = append(out, problem.Field{
			Path: m.GetPath(), Value: m.GetValue(), Reason: m.GetReason(),
			Text: problem.Text{Zh: m.GetText().GetZh(), En: m.GetText().GetEn()},
		})
	}
	return out
}
