package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// recorder is a service that remembers who called and answers as told.
type recorder struct {
	permitsv1.UnimplementedPermitsServiceServer
	identityv1.UnimplementedIdentityServiceServer
	commonv1.UnimplementedRecordHistoryServiceServer
	caller rpc.Caller
	calls  int
	answer func(context.Context) error
}

func (r *recorder) note(ctx context.Context) error {
	r.calls++
	r.caller, _ = rpc.CallerFrom(ctx)
	if r.answer != nil {
		return r.answer(ctx)
	}
	return nil
}

func (r *recorder) AcceptApplication(ctx context.Context, _ *permitsv1.AcceptApplicationRequest) (*permitsv1.AcceptApplicationResponse, error) {
	return &permitsv1.AcceptApplicationResponse{}, r.note(ctx)
}

func (r *recorder) SearchRegister(ctx context.Context, _ *permitsv1.SearchRegisterRequest) (*permitsv1.SearchRegisterResponse, error) {
	return &permitsv1.SearchRegisterResponse{}, r.note(ctx)
}

func (r *recorder) History(_ *commonv1.HistoryRequest, s grpc.ServerStreamingServer[commonv1.HistoryResponse]) error {
	if err := r.note(s.Context()); err != nil {
		return err
	}
	return s.Send(&commonv1.HistoryResponse{Revision: 1})
}

// desk is a running service, a client of it and its log.
type desk struct {
	service *recorder
	permits permitsv1.PermitsServiceClient
	history commonv1.RecordHistoryServiceClient
	log     *bytes.Buffer
	issuer  *rpc.Issuer
}

func emptyDesk() (*desk, rpc.ServerOptions) {
	d := &desk{service: &recorder{}, log: &bytes.Buffer{}, issuer: issuerAt(noon, "k1", newKey('a'))}
	return d, rpc.ServerOptions{
		Tokens: verifierAt(noon, newKey('a')), Now: func() time.Time { return noon },
		Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	}
}

// newDesk is a desk behind a transport.
func newDesk(t testing.TB) *desk {
	t.Helper()
	d, options := emptyDesk()
	server := rpc.NewServer(options)
	d.register(server)
	conn, err := rpc.Local(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); server.Stop() })
	d.connect(conn)
	return d
}

func (d *desk) register(server grpc.ServiceRegistrar) {
	permitsv1.RegisterPermitsServiceServer(server, d.service)
	commonv1.RegisterRecordHistoryServiceServer(server, d.service)
}

func (d *desk) connect(conn grpc.ClientConnInterface) {
	d.permits, d.history = permitsv1.NewPermitsServiceClient(conn), commonv1.NewRecordHistoryServiceClient(conn)
}

func (d *desk) as(t testing.TB, actor rpc.Actor, commandID string) context.Context {
	t.Helper()
	token, err := d.issuer.Issue(actor)
	if err != nil {
		t.Fatal(err)
	}
	return rpc.WithCaller(t.Context(), rpc.Caller{CommandID: commandID, CorrelationID: id, Client: "api", Lang: "en"}, token)
}

var clerkActor = rpc.Actor{ID: "a-1", Role: "permit_clerk", County: "620602"}

func accept(ctx context.Context, d *desk, permitID string) error {
	_, err := d.permits.AcceptApplication(ctx, &permitsv1.AcceptApplicationRequest{PermitId: permitID})
	return err
}

func TestHandlerLearnsWhoCalls(t *testing.T) {
	d := newDesk(t)
	if err := accept(d.as(t, clerkActor, strings.ToUpper(id)), d, id); err != nil {
		t.Fatal(err)
	}
	want := rpc.Caller{
		Actor: clerkActor, CommandID: id, CorrelationID: id, Client: "api", Lang: "en",
		CommandHash: hash(t, "/permits.v1.PermitsService/AcceptApplication", &permitsv1.AcceptApplicationRequest{PermitId: id}),
	}
	if !reflect.DeepEqual(d.service.caller, want) {
		t.Errorf("caller = %+v, want %+v", d.service.caller, want)
	}
	meta, err := rpc.Meta(rpc.NewContext(t.Context(), d.service.caller), timestamppb.New(noon), "2026-11")
	if err != nil || meta.CommandHash != want.CommandHash || !meta.OccurredAt.Equal(noon) || meta.LawVersion != "2026-11" {
		t.Errorf("meta = %+v, %v", meta, err)
	}
	if _, err := rpc.Meta(t.Context(), nil, ""); !errors.Is(err, rpc.ErrSignIn) {
		t.Errorf("Meta outside of a call = %v", err)
	}
}

func TestChainRefusesBeforeTheHandler(t *testing.T) {
	d := newDesk(t)
	twoTokens := metadata.AppendToOutgoingContext(d.as(t, clerkActor, id), rpc.KeyAuthorization, "Bearer x")
	tests := []struct {
		name   string
		ctx    context.Context
		permit string
		code   codes.Code
		reason string
	}{
		{"no token", rpc.WithCaller(t.Context(), rpc.Caller{CommandID: id}, ""), id, codes.Unauthenticated, "SIGN_IN_FIRST"},
		{"bad token", rpc.WithCaller(t.Context(), rpc.Caller{CommandID: id}, "x.y.z"), id, codes.Unauthenticated, "SIGN_IN_FIRST"},
		{"two tokens", twoTokens, id, codes.Unauthenticated, "SIGN_IN_FIRST"},
		{"another role", d.as(t, rpc.Actor{ID: "a", Role: "permit_decider", County: "620602"}, id), id, codes.PermissionDenied, "NOT_YOUR_ROLE"},
		{"no command id", d.as(t, clerkActor, ""), id, codes.InvalidArgument, "COMMAND_ID_REQUIRED"},
		{"command id is no UUID", d.as(t, clerkActor, "7"), id, codes.InvalidArgument, "COMMAND_ID_REQUIRED"},
		{"command id without hyphens", d.as(t, clerkActor, strings.ReplaceAll(id, "-", "")), id, codes.InvalidArgument, "COMMAND_ID_REQUIRED"},
		{"wrong field", d.as(t, clerkActor, id), "x", codes.InvalidArgument, "INVALID_FIELDS"},
		{"too large", d.as(t, clerkActor, id), strings.Repeat("x", 2<<20), codes.ResourceExhausted, "REQUEST_TOO_LARGE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := accept(tt.ctx, d, tt.permit)
			p := rpc.ProblemFrom(err)
			if status.Code(err) != tt.code || p == nil || p.Reason != tt.reason || p.Text.Zh == "" {
				t.Errorf("got %v, problem %+v", err, p)
			}
		})
	}
	if d.service.calls != 0 {
		t.Errorf("the handler was called %d times", d.service.calls)
	}
}

func TestPublicMethodsNeedNobody(t *testing.T) {
	d := newDesk(t)
	if _, err := d.permits.SearchRegister(t.Context(), &permitsv1.SearchRegisterRequest{}); err != nil {
		t.Fatal(err)
	}
	if a := d.service.caller.Actor; a.ID != "public" || a.Role != "public" {
		t.Errorf("actor = %+v", a)
	}
	forged := rpc.WithCaller(t.Context(), rpc.Caller{}, "x.y.z")
	if _, err := d.permits.SearchRegister(forged, &permitsv1.SearchRegisterRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a forged token on a public method: %v", err)
	}
}

func TestStreamsPassTheSameChain(t *testing.T) {
	d := newDesk(t)
	receive := func(ctx context.Context, request *commonv1.HistoryRequest) error {
		stream, err := d.history.History(ctx, request)
		if err == nil {
			_, err = stream.Recv()
		}
		return err
	}
	auditor := rpc.Actor{ID: "a-9", Role: "auditor", County: "620600"}
	good := &commonv1.HistoryRequest{Category: "permit", Id: id}
	if err := receive(d.as(t, auditor, ""), good); err != nil || d.service.caller.Actor.ID != "a-9" {
		t.Errorf("history = %v for %+v", err, d.service.caller)
	}
	if err := receive(t.Context(), good); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
	err := receive(d.as(t, auditor, ""), &commonv1.HistoryRequest{Category: "Permit!", Id: id})
	if p := rpc.ProblemFrom(err); p == nil || len(p.Errors) != 1 || p.Errors[0].Path != "category" {
		t.Errorf("wrong field: %v", err)
	}
}

func TestProblemsCrossTheWireIntact(t *testing.T) {
	sent := &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_HAS_PERMIT", Citation: "decree-736 art. 3",
		Text:     problem.Text{Zh: "该场所已有许可证。", En: "The site has a permit."},
		Errors:   []problem.Field{{Path: "facilityId", Value: "f", Reason: "TAKEN", Text: problem.Text{Zh: "已占用", En: "taken"}}},
		Warnings: []problem.Field{{Path: "x", Reason: "DOUBT", Text: problem.Text{Zh: "存疑", En: "doubt"}}},
	}
	d := newDesk(t)
	d.service.answer = func(context.Context) error { return fmt.Errorf("load permit-1: %w", sent) }
	err := accept(d.as(t, clerkActor, id), d, id)
	if got := rpc.ProblemFrom(err); !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
	var info *errdetails.ErrorInfo
	for _, detail := range status.Convert(err).Details() {
		if i, ok := detail.(*errdetails.ErrorInfo); ok {
			info = i
		}
	}
	if info.GetReason() != "SITE_HAS_PERMIT" || info.GetDomain() != "shiyang" || info.GetMetadata()["citation"] != "decree-736 art. 3" {
		t.Errorf("ErrorInfo = %v", info)
	}
}

func TestStatusOfEveryKind(t *testing.T) {
	want := map[problem.Kind]codes.Code{
		problem.Invalid: codes.InvalidArgument, problem.NotFound: codes.NotFound, problem.Rejected: codes.FailedPrecondition,
		problem.Conflict: codes.Aborted, problem.Forbidden: codes.PermissionDenied, problem.Unknown: codes.Unauthenticated,
		problem.Unavailable: codes.Unavailable, problem.TooLarge: codes.ResourceExhausted, problem.TooMany: codes.ResourceExhausted,
	}
	for kind, code := range want {
		err := rpc.ToStatus(&problem.Error{Kind: kind, Reason: "R", Text: problem.Text{Zh: "一", En: "one"}})
		p := rpc.ProblemFrom(err)
		if status.Code(err) != code || p == nil || p.Kind != kind || p.Reason != "R" {
			t.Errorf("kind %d: %v and back %+v", kind, err, p)
		}
		retry := false
		for _, detail := range status.Convert(err).Details() {
			_, ok := detail.(*errdetails.RetryInfo)
			retry = retry || ok
		}
		if retry != (kind == problem.Unavailable || kind == problem.TooMany) {
			t.Errorf("kind %d: retry info %v", kind, retry)
		}
	}
	if len(want) != int(problem.TooMany) {
		t.Error("a kind is not listed")
	}
}

func TestHowLongToWaitTravels(t *testing.T) {
	sent := &problem.Error{Kind: problem.TooMany, Reason: "R", Text: problem.Text{Zh: "一", En: "one"}, Wait: 40}
	if got := rpc.ProblemFrom(rpc.ToStatus(sent)); !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v", got)
	}
}

func TestInternalErrorsStayInside(t *testing.T) {
	secret := "password=hunter2"
	for name, answer := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errors.New(secret) },
		"panic": func(context.Context) error { panic(secret) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.service.answer = answer
			err := accept(d.as(t, clerkActor, id), d, id)
			if status.Code(err) != codes.Internal || strings.Contains(err.Error(), secret) || rpc.ProblemFrom(err) != nil {
				t.Errorf("got %v", err)
			}
			if log := d.log.String(); strings.Count(log, secret) != 1 || !strings.Contains(log, "level=ERROR") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestAccessLogHoldsIdsOnly(t *testing.T) {
	d := newDesk(t)
	ctx := rpc.WithCaller(t.Context(), rpc.Caller{CorrelationID: "evil=line", Client: "Mozilla <script>"}, "")
	if _, err := d.permits.SearchRegister(ctx, &permitsv1.SearchRegisterRequest{Query: "张三"}); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"张三", "evil", "script"} {
		if strings.Contains(d.log.String(), word) {
			t.Errorf("the log holds %q: %s", word, d.log)
		}
	}
	d.log.Reset()
	if err := accept(d.as(t, clerkActor, id), d, id); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"method=/permits.v1.PermitsService/AcceptApplication", "code=OK", "actor=a-1", "role=permit_clerk", "command=" + id, "correlation=" + id} {
		if !strings.Contains(d.log.String(), word) {
			t.Errorf("the log lacks %q: %s", word, d.log)
		}
	}
}

func TestContextErrorsKeepTheirCode(t *testing.T) {
	for err, code := range map[error]codes.Code{
		fmt.Errorf("read: %w", context.DeadlineExceeded): codes.DeadlineExceeded,
		fmt.Errorf("read: %w", context.Canceled):         codes.Canceled,
	} {
		if got := status.Code(rpc.ToStatus(err)); got != code {
			t.Errorf("%v becomes %v, want %v", err, got, code)
		}
	}
	if p := rpc.ProblemFrom(status.Error(codes.DeadlineExceeded, "")); p == nil || p.Kind != problem.Unavailable {
		t.Errorf("a deadline reads as %+v", p)
	}
	if rpc.ProblemFrom(nil) != nil {
		t.Error("no error is a problem")
	}
}

// What the whole chain costs one command inside the all-in-one program.
func BenchmarkCommandInProcess(b *testing.B) {
	d := newDesk(b)
	ctx := d.as(b, clerkActor, id)
	for b.Loop() {
		if err := accept(ctx, d, id); err != nil {
			b.Fatal(err)
		}
	}
}
