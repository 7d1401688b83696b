// Package api is the REST face of the system: JSON in, gRPC out.
//
//	request ─▶ limits ─▶ session ─▶ Idempotency-Key ─▶ contract ─▶ attachments ─▶ gRPC call
//
// Addresses, field names and rules come from the .proto contracts; this
// package adds what HTTP needs: sign-in, uploads, problem+json, and the
// OpenAPI document with a page to browse it. It holds no rule of the domain:
// whoever calls the services in another way meets the same refusals.
//
// Start reading with [New]; a refused request ends in problem.go.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"shiyang/gateway/api/contract"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// MaxBody is the largest JSON body in bytes.
const MaxBody = 1 << 20

// maxURL is the longest address in bytes.
const maxURL = 4 << 10

// Sessions knows who is signed in. All errors are problems for people.
type Sessions interface {
	// SignIn returns a session token for an account and its password.
	SignIn(ctx context.Context, login, password, ip string) (Session, error)
	// SwitchSeat changes the capacity of a session; the token changes too.
	SwitchSeat(ctx context.Context, token, seatID string) (Session, error)
	// SignOut ends a session; ending it twice is no error.
	SignOut(ctx context.Context, token string) error
	// Actor returns who acts in a session and a short-lived token that proves
	// it to the services.
	Actor(ctx context.Context, token string) (rpc.Caller, string, error)
}

// Session is what a client gets at sign-in.
type Session struct {
	Token   string    // send as "Authorization: Bearer …"
	Expires time.Time // at the latest
	SeatID  string    // capacity in use
}

// Attachments keeps uploaded files until a command refers to them.
type Attachments interface {
	// Put stores what an account uploads and says what it is.
	Put(ctx context.Context, owner, title, kind string, content io.Reader) (*commonv1.Attachment, error)
	// Check finds out whether an attachment may be used by an account.
	Check(ctx context.Context, owner string, a *commonv1.Attachment) error
	// Open reads one stored file for an account that uploaded it or may see a
	// record that refers to it. The caller closes it.
	Open(ctx context.Context, caller rpc.Caller, sha256 string) (*commonv1.Attachment, io.ReadCloser, error)
}

// Deps is what the API stands on. All but Log and Now are required.
type Deps struct {
	Permits, Audit, Identity grpc.ClientConnInterface
	Sessions                 Sessions
	Attachments              Attachments
	Log                      *slog.Logger
	// ClientIP finds the address of the person behind a request.
	ClientIP func(*http.Request) string
}

// API serves /v1/… and /openapi.json.
type API struct {
	Deps
	routes contract.Routes
	mux    *http.ServeMux
}

// New returns the API as one handler.
func New(ctx context.Context, d Deps) (*API, error) {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	a := &API{Deps: d, routes: contract.NewRoutes(Contracts()...), mux: http.NewServeMux()}
	gateway := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec()),
		runtime.WithMiddlewares(a.checked),
		runtime.WithMetadata(func(ctx context.Context, _ *http.Request) metadata.MD {
			md, _ := metadata.FromOutgoingContext(ctx) // what admit put there
			return md
		}),
		runtime.WithErrorHandler(a.callFailed),
		runtime.WithRoutingErrorHandler(a.routeFailed),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
	for _, s := range services {
		if err := s.register(ctx, gateway, d); err != nil {
			return nil, err
		}
	}
	a.mux.HandleFunc("POST /v1/sessions", a.signIn)
	a.mux.HandleFunc("DELETE /v1/sessions/current", a.signOut)
	a.mux.HandleFunc("POST /v1/sessions/current", a.switchSeat)
	a.mux.HandleFunc("POST /v1/attachments", a.upload)
	a.mux.HandleFunc("GET /v1/attachments/{sha256}", a.download)
	a.mux.HandleFunc("GET /openapi.json", serveOpenAPI)
	a.mux.HandleFunc("GET /api", serveBrowser)
	a.mux.HandleFunc("GET /api/browse.css", serveBrowserStyle)
	a.mux.Handle("/v1/", gateway)
	a.servePublic(gateway)
	return a, nil
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if len(r.URL.RequestURI()) > maxURL {
		a.refuse(w, r, errURLTooLong)
		return
	}
	a.mux.ServeHTTP(w, r)
}
