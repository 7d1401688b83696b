package esdbstore

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/internal/problem"
)

// ErrUnavailable reports that the event store did not answer in time; nothing
// was written.
var ErrUnavailable = &problem.Error{
	Kind: problem.Unavailable, Reason: "EVENT_STORE_UNAVAILABLE",
	Text: problem.Text{
		Zh: "数据存储暂时没有响应，操作未执行，请稍后再试。",
		En: "The event store does not answer at the moment. Nothing was saved. Try again later.",
	},
}

// ErrOutcomeUnknown reports that an append was sent and its answer lost. The
// same command id may be sent again: it takes effect once.
var ErrOutcomeUnknown = &problem.Error{
	Kind: problem.Unavailable, Reason: "OUTCOME_UNKNOWN",
	Text: problem.Text{
		Zh: "数据存储没有及时答复，尚不能确定操作是否已保存。请用同一请求编号重新提交，不会重复生效。",
		En: "The event store did not answer in time, so it is not known whether this was saved. Send the same request with the same command id again: it takes effect once.",
	},
}

// ErrRefused reports that the event store understood a request and would not
// carry it out: no right to, or its disk is full. Trying again does not help
// before the operator has acted.
var ErrRefused = &problem.Error{
	Kind: problem.Unavailable, Reason: "EVENT_STORE_REFUSED",
	Text: problem.Text{
		Zh: "数据存储拒绝了这次操作，未保存任何内容，请联系系统管理员。",
		En: "The event store refused this operation. Nothing was saved. Ask the system administrator.",
	},
}

// ErrStreamDeleted reports a record whose events were deleted in the event
// store by other means than this program, which never deletes any.
var ErrStreamDeleted = &problem.Error{
	Kind: problem.Rejected, Reason: "RECORD_DELETED_IN_STORE",
	Text: problem.Text{
		Zh: "这条记录的事件已在数据存储中被删除，无法继续办理，请联系系统管理员从备份恢复。",
		En: "The events of this record were deleted in the event store. Ask the system administrator to restore them from a backup.",
	},
}

// ErrHistoryIncomplete reports a stream that lacks events, as after a
// truncation: no command may be decided on half a history.
var ErrHistoryIncomplete = &problem.Error{
	Kind: problem.Rejected, Reason: "HISTORY_INCOMPLETE",
	Text: problem.Text{
		Zh: "这条记录的部分事件在数据存储中缺失，无法继续办理，请联系系统管理员从备份恢复。",
		En: "Part of this record's history is missing in the event store. Ask the system administrator to restore it from a backup.",
	},
}

// ErrTooLarge reports a command whose events exceed [MaxAppendBytes]. Its
// errors name the largest field.
var ErrTooLarge = &problem.Error{
	Kind: problem.TooLarge, Reason: "TOO_LARGE",
	Text: problem.Text{
		Zh: "一次提交的内容超过 512 KiB，请精简所列字段，或将大段内容作为附件上传。",
		En: "This request holds more than 512 KiB. Shorten the field listed, or upload large content as an attachment.",
	},
}

// ErrCheckpointAhead reports a subscription from a position that the store has
// not reached: it was restored from an older backup or is another store.
// Whoever holds the position must rebuild from the start.
var ErrCheckpointAhead = errors.New("checkpoint lies beyond the head of the event store: it was restored or replaced, rebuild from the start")

// ErrClosed reports a call on a closed [Client].
var ErrClosed = errors.New("event store client is closed")

// verdict is what the end of a call says about its connection.
type verdict int

const (
	answered verdict = iota // the server did its work, be it by a plain no
	refused                 // the server answers but will not serve us
	late                    // our own deadline ended the call: says nothing
	broken                  // the client or its connection is of no more use
	unclear                 // something failed in the server or on the way
)

// judge sorts the error of a call on the official client. It looks through
// wrapping, as the client wraps some of its errors and not others.
func judge(err error) verdict {
	if err == nil {
		return answered
	}
	var crash *crashError
	if errors.As(err, &crash) {
		return broken
	}
	own, isOwn := errors.AsType[*esdb.Error](err)
	if isOwn && own.Code() != esdb.ErrorCodeUnknown {
		return judgeCode(own.Code())
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return late
	case errors.Is(err, io.EOF): // the status was lost by the client: see ADR 2
		return broken
	}
	return judgeStatus(err)
}

func judgeCode(code esdb.ErrorCode) verdict {
	switch code {
	case esdb.ErrorCodeConnectionClosed, esdb.ErrorUnavailable:
		return broken
	case esdb.ErrorCodeDeadlineExceeded:
		return late
	case esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnsupportedFeature:
		return refused
	case esdb.ErrorCodeWrongExpectedVersion, esdb.ErrorCodeStreamDeleted, esdb.ErrorCodeResourceNotFound,
		esdb.ErrorCodeNotLeader:
		return answered
	default:
		return unclear
	}
}

func judgeStatus(err error) verdict {
	s, ok := status.FromError(err)
	if !ok {
		return unclear
	}
	switch s.Code() {
	case codes.Unavailable:
		return broken
	case codes.Canceled, codes.DeadlineExceeded:
		return late
	case codes.InvalidArgument, codes.FailedPrecondition, codes.ResourceExhausted, codes.Unauthenticated,
		codes.PermissionDenied, codes.Unimplemented, codes.OutOfRange:
		return refused
	default:
		return unclear
	}
}

// hasCode tells whether err is an error of the official client with that code.
func hasCode(err error, code esdb.ErrorCode) bool {
	own, ok := errors.AsType[*esdb.Error](err)
	return ok && own.Code() == code
}

// crashError is a panic of the official client, caught at the call.
type crashError struct{ value any }

func (e *crashError) Error() string {
	if err, ok := e.value.(error); ok {
		return "official client panicked: " + err.Error()
	}
	if text, ok := e.value.(string); ok {
		return "official client panicked: " + text
	}
	return "official client panicked"
}
