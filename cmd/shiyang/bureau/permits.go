package bureau

import (
	"context"

	"google.golang.org/grpc"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
)

// openPermits makes the permits service.
func (b *Bureau) openPermits(_ context.Context, server grpc.ServiceRegistrar, _ tokenKey) error {
	g := b.ground
	service := permits.NewServer(permits.Deps{
		Store: g.store, DB: g.views, Law: b.law, Lawbook: g.library, Keys: g.reserved, Numbers: g.numbers, Now: g.now, Logger: g.log,
		Source: g.client, Codec: g.codec, Practice: permits.Practice{Mark: g.config.PermitMark[0]},
	})
	permitsv1.RegisterPermitsServiceServer(server, service)
	commonv1.RegisterRecordHistoryServiceServer(server, service)
	b.work.add(permits.LawfulProjections(g.library), permits.Reactions(service), permits.Jobs(service))
	return nil
}
