package bureau

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"google.golang.org/grpc"

	"shiyang/gateway/api"
	"shiyang/gateway/attachments"
	"shiyang/gateway/attachments/references"
	"shiyang/gateway/identity"
	"shiyang/gateway/limit"
	"shiyang/gateway/web"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// openGateway makes what people and programs meet: pages, API, files.
func (b *Bureau) openGateway(ctx context.Context, key tokenKey, permits, audit, ident grpc.ClientConnInterface) (http.Handler, error) {
	people := identityv1.NewIdentityServiceClient(ident)
	files := b.openFiles(commonv1.NewRecordHistoryServiceClient(permits), people, key.issuer(b.ground.now))
	b.work.add(append(identity.Projections(), references.Projection), b.identity.Reactions(),
		append(b.identity.Jobs(), sweepJob(files, b.ground.log)))
	return b.openFront(ctx, files, permits, audit, ident)
}

// openIdentity starts the identity service; its calls pass the same chain as
// those of every other service.
func (b *Bureau) openIdentity(ctx context.Context, server grpc.ServiceRegistrar, key tokenKey) error {
	if key.private == nil {
		return errors.New("token key: the gateway needs the private half to sign actor tokens")
	}
	g := b.ground
	if err := g.openDesk(ctx); err != nil {
		return err
	}
	var err error
	b.identity, err = identity.New(ctx, identity.Deps{
		Store: g.store, DB: g.views, Keys: g.reserved, Secrets: g.secrets, Tokens: key.issuer(g.now),
		Law: b.law, Now: g.now, Logger: g.log, Source: g.client, Codec: g.codec,
	})
	if err != nil {
		return err
	}
	identityv1.RegisterIdentityServiceServer(server, b.identity)
	commonv1.RegisterRecordHistoryServiceServer(server, b.identity)
	return nil
}

// openFiles starts the custody of attachments.
func (b *Bureau) openFiles(records commonv1.RecordHistoryServiceClient, firms identityv1.IdentityServiceClient, tokens *rpc.Issuer) *attachments.Store {
	g := b.ground
	return attachments.New(attachments.Deps{
		Bucket: g.files, Sealer: g.keys, Scanner: attachments.Contents{}, References: references.NewQueries(g.views),
		Sees: viewer{records, firms, tokens}.sees, Now: g.now,
	})
}

// viewer asks the service of a record whether a caller may see it.
type viewer struct {
	records commonv1.RecordHistoryServiceClient // of every department of the permits service
	firms   identityv1.IdentityServiceClient
	tokens  *rpc.Issuer
}

func (v viewer) sees(ctx context.Context, caller rpc.Caller, r attachments.Reference) bool {
	token, err := v.tokens.Issue(caller.Actor)
	if err != nil {
		return false
	}
	ctx = rpc.WithCaller(ctx, caller, token)
	switch r.Category {
	case "firm":
		_, err = v.firms.GetFirm(ctx, &identityv1.GetFirmRequest{FirmId: r.ID})
	case "firmapplication", "lawlist": // licence and mandate of who asks to act for a firm; law data
		return rpc.Role(caller.Actor.Role) == rpc.PermitClerk || rpc.Role(caller.Actor.Role) == rpc.Auditor
	default: // who may read a record may read its past, and the files that it names
		_, err = v.records.StateAt(ctx, &commonv1.StateAtRequest{Category: r.Category, Id: r.ID})
	}
	return err == nil
}

// openFront puts the pages and the API on top of the services.
func (b *Bureau) openFront(ctx context.Context, files *attachments.Store, permits, audit, ident grpc.ClientConnInterface) (http.Handler, error) {
	g := b.ground
	ident = limit.Registrations(ident, b.perAddress(g.config.Registrations))
	people, signIns := identityv1.NewIdentityServiceClient(ident), b.perAddress(g.config.SignIns)
	b.work.add(nil, nil, []readmodel.Job{{Name: "drafts_sweep", Run: func(ctx context.Context, _ time.Time) (int, error) {
		_, err := g.drafts.Sweep(ctx)
		return 0, err // a sweep is no command: it never keeps others waiting
	}}})
	proxy := trustedProxy(g.config.BehindProxy)
	rest, err := api.New(ctx, api.Deps{
		Permits: permits, Audit: audit, Identity: ident, Sessions: apiSessions{b.identity, signIns}, Attachments: files,
		Log: g.log, ClientIP: proxy.clientIP,
	})
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	pages := web.New(web.Deps{
		Permits: permitsv1.NewPermitsServiceClient(permits), Identity: people, Audit: auditv1.NewAuditServiceClient(audit),
		Sessions: webSessions{b.identity, people, signIns}, Drafts: g.drafts, Attachments: files,
		Now: g.now, NewID: newID, Logger: g.log, Secure: g.config.Secure(), Departments: web.Departments(permits),
		Disclosure: permitsv1.NewDisclosureServiceClient(permits),
	})
	mux := http.NewServeMux()
	for _, path := range []string{"/v1/", "/openapi.json", "/api", "/api/"} {
		mux.Handle(path, rest)
	}
	health{b.Ready}.routes(mux)
	mux.Handle("/", pages)
	return proxy.pass(limit.Remember(mux)), nil
}

// sweepJob removes attachments that nothing refers to.
func sweepJob(files *attachments.Store, log *slog.Logger) readmodel.Job {
	return readmodel.Job{Name: "attachments_sweep", Run: func(ctx context.Context, _ time.Time) (int, error) {
		done, err := files.Sweep(ctx)
		if done.Removed > 0 {
			log.LogAttrs(ctx, slog.LevelInfo, "attachments swept", slog.Int("removed", done.Removed))
		}
		return 0, err // a sweep is no command: it never keeps others waiting
	}}
}

// proxied believes X-Forwarded-For only from the network of the proxy.
type proxied struct{ from netip.Prefix }

func trustedProxy(cidr string) proxied {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return proxied{} // no proxy: nobody is believed
	}
	return proxied{prefix}
}

// trusts tells whether a request comes from the proxy.
func (p proxied) trusts(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.from.IsValid() && p.from.Contains(peer.Addr().Unmap())
}

// clientIP is the address of the person behind a request: the last hop that
// our proxy saw, or the peer.
func (p proxied) clientIP(r *http.Request) string {
	if p.trusts(r) {
		hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if ip, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return ip.String()
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// pass refuses requests that did not come through the configured proxy, and
// gives handlers the address of the person.
func (p proxied) pass(next http.Handler) http.Handler {
	if !p.from.IsValid() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.trusts(r) && !strings.HasPrefix(r.URL.Path, "/health/") {
			http.Error(w, "come through the proxy", http.StatusForbidden)
			return
		}
		if ip := p.clientIP(r); ip != "" {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(ip, "0")
		}
		next.ServeHTTP(w, r)
	})
}

// ErrBootstrapped refuses a second first administrator.
var ErrBootstrapped = identity.ErrBootstrapped

// Bootstrap makes the first administrator and returns the generated password,
// which is shown nowhere else. It fails with [ErrBootstrapped] where there is
// one.
func (b *Bureau) Bootstrap(ctx context.Context, login string, person *commonv1.Person) (string, error) {
	return b.identity.Bootstrap(ctx, login, person)
}
