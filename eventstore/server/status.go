package server

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"shiyang/eventstore/access"
	"shiyang/eventstore/consumer"
	"shiyang/eventstore/journal"
)

// The trailers by which EventStoreDB names an error to its clients.
const (
	trailerException = "exception"
	trailerStream    = "stream-name"
	trailerGroup     = "group-name"
)

// setTrailer is how a handler adds trailers; streams and unary calls differ.
type setTrailer func(metadata.MD)

func streamTrailer(stream grpc.ServerStream) setTrailer { return stream.SetTrailer }

func unaryTrailer(ctx context.Context) setTrailer {
	return func(md metadata.MD) { _ = grpc.SetTrailer(ctx, md) } // fails only outside a call
}

// toStatus turns an error of the journal into what clients of EventStoreDB
// know. It is the only such table.
func toStatus(trailer setTrailer, err error) error {
	var deleted *journal.StreamDeletedError
	var revision *journal.WrongRevisionError
	var group *consumer.GroupError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &group):
		return groupStatus(trailer, group)
	case errors.Is(err, consumer.ErrUnsupported):
		return status.Error(codes.Unimplemented, err.Error())
	case errors.Is(err, consumer.ErrInvalid):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, consumer.ErrStopped):
		return errStopping
	case errors.Is(err, access.ErrDenied):
		trailer(metadata.Pairs(trailerException, "access-denied"))
		return status.Error(codes.PermissionDenied, err.Error())
	case errors.Is(err, access.ErrUnauthenticated):
		return status.Error(codes.Unauthenticated, err.Error())
	case errors.As(err, &deleted):
		// The official client reads both trailers without looking whether they are there.
		trailer(metadata.Pairs(trailerException, "stream-deleted", trailerStream, headerValue(deleted.Stream)))
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.As(err, &revision):
		trailer(metadata.Pairs(trailerException, "wrong-expected-version",
			trailerStream, headerValue(revision.Stream),
			"expected-version", strconv.FormatInt(int64(revision.Expected), 10),
			"actual-version", strconv.FormatInt(revision.Current, 10)))
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, journal.ErrInvalid):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, journal.ErrDiskFull):
		return status.Error(codes.ResourceExhausted, err.Error())
	case errors.Is(err, journal.ErrClosed), errors.Is(err, journal.ErrFailed):
		return status.Error(codes.Unavailable, err.Error())
	case journal.IsIndexDamage(err): // the log is whole, and the store heals itself
		return status.Error(codes.Unavailable, err.Error())
	case errors.Is(err, journal.ErrCorrupt):
		return status.Error(codes.DataLoss, err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Internal, err.Error())
}

// groupStatus is toStatus for what went wrong with a consumer group.
func groupStatus(trailer setTrailer, e *consumer.GroupError) error {
	kinds := map[consumer.Kind]struct {
		exception string
		code      codes.Code
	}{
		consumer.Missing: {"persistent-subscription-does-not-exist", codes.NotFound},
		consumer.Exists:  {"persistent-subscription-exists", codes.AlreadyExists},
		consumer.Full:    {"maximum-subscribers-reached", codes.FailedPrecondition},
		consumer.Dropped: {"persistent-subscription-dropped", codes.Canceled},
		consumer.Failed:  {"persistent-subscription-failed", codes.Internal},
	}
	md := metadata.Pairs(trailerException, kinds[e.Kind].exception,
		trailerStream, headerValue(e.Key.Stream), trailerGroup, headerValue(e.Key.Group))
	if e.Reason != "" {
		md.Set("reason", e.Reason)
	}
	trailer(md)
	return status.Error(kinds[e.Kind].code, e.Error())
}

var errStopping = status.Error(codes.Unavailable, "the event store is stopping")

func invalid(format string, args ...any) error {
	return status.Error(codes.InvalidArgument, fmt.Sprintf(format, args...))
}

// headerValue makes a stream name fit for a trailer: control characters would
// break the response.
func headerValue(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.TrimSpace(name))
}
