package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
)

// ErrCommandID refuses a write without a usable command id.
var ErrCommandID = &problem.Error{
	Kind: problem.Invalid, Reason: "COMMAND_ID_REQUIRED",
	Text: problem.Text{
		Zh: "缺少请求编号：每次办理都要带一个 UUID 格式的请求编号，重试时用同一个。",
		En: "The command id is missing: every change carries a UUID as command id, the same one on a retry.",
	},
}

// publicActor is who calls when nobody signed in.
var publicActor = Actor{ID: "public", Role: string(Public)}

// guard is the chain that every call passes.
type guard struct {
	tokens Verifier
	log    *slog.Logger
	now    func() time.Time
}

func (g *guard) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
	call := g.begin(ctx, info.FullMethod)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		err = g.end(ctx, call, err)
	}()
	if err := g.admit(ctx, call); err != nil {
		return nil, err
	}
	if err := call.take(request); err != nil {
		return nil, err
	}
	return handler(NewContext(ctx, call.caller), request)
}

func (g *guard) stream(server any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	call := g.begin(ctx, info.FullMethod)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		err = g.end(ctx, call, err)
	}()
	if err := g.admit(ctx, call); err != nil {
		return err
	}
	return handler(server, &guardedStream{ServerStream: ss, ctx: NewContext(ctx, call.caller), call: call})
}

// guardedStream validates what is received and carries the caller.
type guardedStream struct {
	grpc.ServerStream
	ctx  context.Context //nolint:containedctx // grpc.ServerStream hands its context out by method
	call *call
}

// Context returns the context that carries the caller.
func (s *guardedStream) Context() context.Context { return s.ctx }

// RecvMsg receives one request and validates it.
func (s *guardedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err //nolint:wrapcheck // io.EOF must arrive as it is
	}
	if err := s.call.take(m); err != nil {
		return toStatus(err)
	}
	return nil
}

// call is one call on its way through the chain.
type call struct {
	method string
	given  metadata.MD
	start  time.Time
	rule   Rule
	caller Caller
}

// begin reads the metadata; it trusts nothing of it yet.
func (g *guard) begin(ctx context.Context, method string) *call {
	md, _ := metadata.FromIncomingContext(ctx)
	return &call{method: method, given: md, start: g.now(), caller: Caller{
		Actor:         publicActor,
		CommandID:     canonicalUUID(first(md, KeyCommandID)),
		CorrelationID: correlation(first(md, KeyCorrelationID)),
		CausationID:   canonicalUUID(first(md, KeyCausationID)),
		Client:        clientName(first(md, KeyClient)),
		Lang:          language(first(md, KeyLanguage)),
	}}
}

// admit checks token, policy and command id.
func (g *guard) admit(ctx context.Context, c *call) error {
	if given := c.given.Get(KeyAuthorization); len(given) > 0 {
		token, ok := strings.CutPrefix(given[0], "Bearer ")
		if !ok || len(given) > 1 {
			return ErrSignIn
		}
		actor, err := g.tokens.Verify(token)
		if err != nil {
			g.log.LogAttrs(ctx, slog.LevelWarn, "actor token refused",
				slog.String("method", c.method), slog.String("correlation", c.caller.CorrelationID), slog.Any("error", err))
			return ErrSignIn
		}
		c.caller.Actor = actor
	}
	rule, ok := RuleOf(c.method)
	if !ok {
		return ErrNotYourRole
	}
	if err := allow(c.caller, rule); err != nil {
		return err
	}
	c.rule = rule
	switch {
	case !rule.Write:
		c.caller.CommandID = ""
	case c.caller.CommandID == "":
		return ErrCommandID
	}
	return nil
}

// take validates a request and, for a write, hashes it.
func (c *call) take(request any) error {
	msg, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("request of %s is no protobuf message", c.method)
	}
	if err := Validate(msg); err != nil {
		return err
	}
	if !c.rule.Write {
		return nil
	}
	hash, err := CommandHash(c.method, msg)
	if err != nil {
		return err
	}
	c.caller.CommandHash = hash
	return nil
}

// end turns the error into a status and writes the access log: opaque ids
// only. An internal error is logged here and nowhere else.
func (g *guard) end(ctx context.Context, c *call, err error) error {
	out := toStatus(err)
	code := status.Code(out)
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", c.method), slog.String("code", code.String()),
		slog.Duration("took", g.now().Sub(c.start)),
		slog.String("correlation", c.caller.CorrelationID), slog.String("command", c.caller.CommandID),
		slog.String("actor", c.caller.Actor.ID), slog.String("role", c.caller.Actor.Role),
		slog.String("client", c.caller.Client),
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		attrs = append(attrs, slog.String("reason", p.Reason))
	}
	if code == codes.Internal {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	}
	g.log.LogAttrs(ctx, level, "call", attrs...)
	return out
}

// canonicalUUID returns the UUID in lower case, or nothing if it is none. Only
// the form with hyphens is one.
func canonicalUUID(s string) string {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return ""
	}
	return id.String()
}

// correlation keeps a caller's correlation id if it is a UUID and makes one
// otherwise: log lines are no place for a stranger's text.
func correlation(given string) string {
	if id := canonicalUUID(given); id != "" {
		return id
	}
	return uuid.NewString()
}

// clientName keeps a short name of letters, digits and hyphens.
func clientName(given string) string {
	if len(given) > 40 || strings.ContainsFunc(given, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return "other"
	}
	return given
}
