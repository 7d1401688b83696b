package bureau

import (
	"context"

	"shiyang/gateway/identity"
	commonv1 "shiyang/proto/common/v1"
)

// ErrBootstrapped refuses a second first administrator.
var ErrBootstrapped = identity.ErrBootstrapped

// Bootstrap makes the first administrator and returns the generated password,
// which is shown nowhere else. It fails with [ErrBootstrapped] where there is
// one.
func (b *Bureau) Bootstrap(ctx context.Context, login string, person *commonv1.Person) (string, error) {
	return b.identity.Bootstrap(ctx, login, person)
}
