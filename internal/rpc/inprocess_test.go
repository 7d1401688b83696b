package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// newInProcessDesk is a desk behind function calls.
func newInProcessDesk(t *testing.T) (*desk, *rpc.InProcess) {
	t.Helper()
	d, options := emptyDesk()
	server := rpc.NewInProcess(options)
	d.register(server)
	if err := server.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(); server.Stop() })
	d.connect(server)
	return d, server
}

// TestInProcessCallsAreLikeOthers makes the same calls both ways: the handler
// must learn the same and the caller get the same status.
func TestInProcessCallsAreLikeOthers(t *testing.T) {
	refusal := &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_HAS_PERMIT", Text: problem.Text{Zh: "已有许可证。", En: "It has one."},
		Errors: []problem.Field{{Path: "facilityId", Value: "f", Reason: "TAKEN", Text: problem.Text{Zh: "已占用", En: "taken"}}},
	}
	answering := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	signedIn := func(d *desk) context.Context { return d.as(t, clerkActor, id) }
	for name, c := range map[string]struct {
		ctx     func(*desk) context.Context
		permit  string
		answer  func(context.Context) error
		want    codes.Code
		handled bool
	}{
		"good":          {signedIn, id, nil, codes.OK, true},
		"wrong field":   {signedIn, "no id", nil, codes.InvalidArgument, false},
		"too large":     {signedIn, strings.Repeat("x", rpc.MaxMessage+1), nil, codes.ResourceExhausted, false},
		"no token":      {func(*desk) context.Context { return t.Context() }, id, nil, codes.Unauthenticated, false},
		"no command id": {func(d *desk) context.Context { return d.as(t, clerkActor, "") }, id, nil, codes.InvalidArgument, false},
		"wrong role":    {func(d *desk) context.Context { return d.as(t, rpc.Actor{ID: "a", Role: "auditor"}, id) }, id, nil, codes.PermissionDenied, false},
		"two tokens": {func(d *desk) context.Context {
			return metadata.AppendToOutgoingContext(signedIn(d), rpc.KeyAuthorization, "Bearer x")
		}, id, nil, codes.Unauthenticated, false},
		"somebody in context": {func(*desk) context.Context { return rpc.NewContext(t.Context(), rpc.Caller{Actor: clerkActor}) }, id, nil, codes.Unauthenticated, false},
		"problem":             {signedIn, id, answering(fmt.Errorf("load permit-1: %w", refusal)), codes.FailedPrecondition, true},
		"error":               {signedIn, id, answering(errors.New("secret")), codes.Internal, true},
		"panic":               {signedIn, id, func(context.Context) error { panic("secret") }, codes.Internal, true},
		"ended before": {func(d *desk) context.Context {
			ctx, cancel := context.WithCancel(signedIn(d))
			cancel()
			return ctx
		}, id, nil, codes.Canceled, false},
	} {
		wire := newDesk(t)
		local, _ := newInProcessDesk(t)
		wire.service.answer, local.service.answer = c.answer, c.answer
		overWire, here := accept(c.ctx(wire), wire, c.permit), accept(c.ctx(local), local, c.permit)
		if status.Code(here) != c.want || local.service.calls > 0 != c.handled {
			t.Errorf("%s: %v after %d calls, want %v", name, here, local.service.calls, c.want)
		}
		if a, b := status.Convert(overWire).Proto(), status.Convert(here).Proto(); !proto.Equal(a, b) {
			t.Errorf("%s: over the wire %v, here %v", name, a, b)
		}
		if !reflect.DeepEqual(wire.service.caller, local.service.caller) {
			t.Errorf("%s: over the wire by %+v, here by %+v", name, wire.service.caller, local.service.caller)
		}
	}
}

func TestInProcessStreamsAndUnknownMethodsAreServed(t *testing.T) {
	d, server := newInProcessDesk(t)
	auditor := d.as(t, rpc.Actor{ID: "a-9", Role: "auditor", County: "620600"}, "")
	stream, err := d.history.History(auditor, &commonv1.HistoryRequest{Category: "permit", Id: id})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetRevision() != 1 || d.service.caller.Actor.ID != "a-9" {
		t.Errorf("history = %v, %v for %+v", got, err, d.service.caller)
	}
	err = server.Invoke(auditor, "/permits.v1.PermitsService/Nothing", &permitsv1.GetPermitRequest{}, &permitsv1.GetPermitResponse{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("an unknown method: %v", err)
	}
}

// keeper answers with what it keeps and spoils what it is asked.
type keeper struct {
	permitsv1.UnimplementedPermitsServiceServer
	kept *permitsv1.SearchRegisterResponse
	sent metadata.MD
}

func (k *keeper) SearchRegister(ctx context.Context, r *permitsv1.SearchRegisterRequest) (*permitsv1.SearchRegisterResponse, error) {
	r.Query = "spoiled"
	k.sent, _ = metadata.FromOutgoingContext(ctx)
	return k.kept, nil
}

func TestInProcessCallsShareNothing(t *testing.T) {
	_, options := emptyDesk()
	server := rpc.NewInProcess(options)
	k := &keeper{kept: &permitsv1.SearchRegisterResponse{Entries: []*permitsv1.RegisterEntry{{UnitName: "北湖厂"}}}}
	permitsv1.RegisterPermitsServiceServer(server, k)
	if err := server.Connect(); err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	defer func() { _ = server.Close() }()
	var conn grpc.ClientConnInterface = server
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-private", "of the caller")
	request := &permitsv1.SearchRegisterRequest{Query: "北湖"}
	answer, err := permitsv1.NewPermitsServiceClient(conn).SearchRegister(ctx, request)
	if err != nil || len(answer.GetEntries()) != 1 {
		t.Fatal(answer, err)
	}
	answer.Entries[0].UnitName = "spoiled"
	if request.GetQuery() != "北湖" || k.kept.GetEntries()[0].GetUnitName() != "北湖厂" || k.sent.Len() > 0 {
		t.Errorf("asked %v, kept %v, would send on %v", request, k.kept, k.sent)
	}
}
