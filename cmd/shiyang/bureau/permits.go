package bureau

import (
	"context"

	"google.golang.org/grpc"

	"shiyang/services/permits"
	"shiyang/services/permits/desk"
)

// openPermits makes the permits service with all its departments.
func (b *Bureau) openPermits(_ context.Context, server grpc.ServiceRegistrar, _ tokenKey) error {
	g := b.ground
	service := permits.NewServer(desk.Deps{
		Store: g.store, DB: g.views, Law: b.law, Lawbook: g.library, Keys: g.reserved, Numbers: g.numbers, Now: g.now, Logger: g.log,
		Source: g.client, Codec: g.codec, Practice: desk.Practice{Mark: g.config.PermitMark[0]},
	})
	service.Register(server)
	b.work.add(permits.Projections(g.library), permits.Reactions(service), permits.Jobs(service))
	return nil
}
