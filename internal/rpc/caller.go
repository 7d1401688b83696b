package rpc

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
)

// Actor is who acts, by opaque ids only.
type Actor = es.Actor

// Metadata keys of a call.
const (
	KeyAuthorization = "authorization"          // "Bearer <actor token>"
	KeyCommandID     = "shiyang-command-id"     // UUID made by the client; required on writes
	KeyCorrelationID = "shiyang-correlation-id" // UUID of the request or process all this belongs to
	KeyCausationID   = "shiyang-causation-id"   // id of the event or command that led to this call
	KeyClient        = "shiyang-client"         // program: "web", "api", "import", "ticker"
	KeyLanguage      = "accept-language"        // "zh" or "en"
)

// Caller is everything a handler may know of a call beside its request. It is
// a value: copies are safe to keep and to share.
type Caller struct {
	Actor         Actor
	CommandID     string // lower-case UUID; empty on reads
	CommandHash   string // of the request, see [CommandHash]; empty on reads
	CorrelationID string
	CausationID   string
	Client        string
	Lang          string // "zh" (default) or "en"
}

type callerKey struct{}

// NewContext returns a context that carries the caller, for handlers that are
// called without the wire: reactions, the ticker, tests.
func NewContext(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who calls; false outside of a call.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// Meta builds the metadata of the events that a command of this call causes.
// An absent occurredAt stays zero: the repository then takes the time of
// recording. It fails with [ErrSignIn] outside of a call.
func Meta(ctx context.Context, occurredAt *timestamppb.Timestamp, lawVersion string) (es.Meta, error) {
	c, ok := CallerFrom(ctx)
	if !ok {
		return es.Meta{}, ErrSignIn
	}
	var occurred time.Time
	if occurredAt != nil {
		occurred = occurredAt.AsTime()
	}
	return es.Meta{
		CorrelationID: c.CorrelationID, CausationID: c.CausationID,
		CommandID: c.CommandID, CommandHash: c.CommandHash,
		Actor: c.Actor, OccurredAt: occurred, LawVersion: lawVersion, Client: c.Client,
	}, nil
}

// WithCaller returns a context whose outgoing calls carry the caller's
// command id, correlation and client, and the actor token. The actor itself
// travels only inside the token.
func WithCaller(ctx context.Context, c Caller, token string) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	set := func(key, value string) {
		if value != "" {
			md.Set(key, value)
		}
	}
	if token != "" {
		md.Set(KeyAuthorization, "Bearer "+token)
	}
	set(KeyCommandID, c.CommandID)
	set(KeyCorrelationID, c.CorrelationID)
	set(KeyCausationID, c.CausationID)
	set(KeyClient, c.Client)
	set(KeyLanguage, c.Lang)
	return metadata.NewOutgoingContext(ctx, md)
}

// first returns the only value of a metadata key, or nothing.
func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) == 1 {
		return values[0]
	}
	return ""
}

// language picks the product's language from an accept-language value.
func language(accept string) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(accept)), "en") {
		return "en"
	}
	return "zh"
}
