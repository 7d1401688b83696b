package bureau

import (
	"context"

	"google.golang.org/grpc"

	auditv1 "shiyang/proto/audit/v1"
)

func (b *Bureau) openAudit(_ context.Context, server *grpc.Server, _ tokenKey, _ grpc.ClientConnInterface) error {
	auditv1.RegisterAuditServiceServer(server, auditv1.UnimplementedAuditServiceServer{})
	return nil
}
