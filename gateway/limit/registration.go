package limit

import (
	"context"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

type addressKey struct{}

// Remember notes the address that a request came from. What stands before it
// must have put the person's own address into RemoteAddr where a proxy is in
// between.
func Remember(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, host(r.RemoteAddr))))
	})
}

func host(remote string) string {
	if h, _, err := net.SplitHostPort(remote); err == nil {
		return h
	}
	return remote
}

// Registrations passes calls on to the identity service and counts the
// registrations of people who are not signed in. An administrator who enters
// the staff of a bureau is signed in, and known by name.
func Registrations(to grpc.ClientConnInterface, limiter *Limiter) grpc.ClientConnInterface {
	return counted{to, limiter}
}

type counted struct {
	grpc.ClientConnInterface
	limiter *Limiter
}

// Invoke implements [grpc.ClientConnInterface].
func (c counted) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	if method == identityv1.IdentityService_RegisterAccount_FullMethodName && !signedIn(ctx) {
		ip, _ := ctx.Value(addressKey{}).(string)
		if err := c.limiter.Take(ip); err != nil {
			return err
		}
	}
	return c.ClientConnInterface.Invoke(ctx, method, args, reply, options...)
}

// signedIn tells whether the gateway has made an actor token for the call.
func signedIn(ctx context.Context) bool {
	md, _ := metadata.FromOutgoingContext(ctx)
	return len(md.Get(rpc.KeyAuthorization)) > 0
}
