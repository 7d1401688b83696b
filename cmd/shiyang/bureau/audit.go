package bureau

import (
	"google.golang.org/grpc"

	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/audit"
)

// openAudit makes the audit service, which asks every other service about the
// service's own records.
func (b *Bureau) openAudit(server grpc.ServiceRegistrar, permits, ident grpc.ClientConnInterface) {
	g := b.ground
	service := audit.NewServer(audit.Deps{
		Store: g.store, DB: g.views, Law: b.law, Source: g.client, Codec: g.codec, Now: g.now, Lawbook: g.library,
		Parts: []audit.Part{
			{Name: string(Permits), History: commonv1.NewRecordHistoryServiceClient(permits)},
			{Name: "identity", History: commonv1.NewRecordHistoryServiceClient(ident)},
		},
	})
	auditv1.RegisterAuditServiceServer(server, service)
	commonv1.RegisterRecordHistoryServiceServer(server, service)
	b.work.add(audit.Projections(), nil, nil)
}
