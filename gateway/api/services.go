package api

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	auditv1 "shiyang/proto/audit/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// served is a gRPC service whose calls are served over REST: its contract, the
// part of the system that answers it, and its handlers.
type served struct {
	contract protoreflect.ServiceDescriptor
	register func(context.Context, *runtime.ServeMux, Deps) error
}

// services are all services over REST, by the file of their contract: a new
// department of a part is one line. A test finds one that is forgotten.
var services = []served{
	serve(permitsv1.File_permits_v1_permits_proto, inPermits, permitsv1.NewPermitsServiceClient, permitsv1.RegisterPermitsServiceHandlerClient),
	serve(permitsv1.File_permits_v1_registration_proto, inPermits, permitsv1.NewRegistrationServiceClient, permitsv1.RegisterRegistrationServiceHandlerClient),
	serve(permitsv1.File_permits_v1_eia_proto, inPermits, permitsv1.NewEiaServiceClient, permitsv1.RegisterEiaServiceHandlerClient),
	serve(permitsv1.File_permits_v1_zoning_proto, inPermits, permitsv1.NewZoningServiceClient, permitsv1.RegisterZoningServiceHandlerClient),
	serve(permitsv1.File_permits_v1_monitoring_proto, inPermits, permitsv1.NewMonitoringServiceClient, permitsv1.RegisterMonitoringServiceHandlerClient),
	serve(permitsv1.File_permits_v1_disclosure_proto, inPermits, permitsv1.NewDisclosureServiceClient, permitsv1.RegisterDisclosureServiceHandlerClient),
	serve(identityv1.File_identity_v1_identity_proto, inIdentity, identityv1.NewIdentityServiceClient, identityv1.RegisterIdentityServiceHandlerClient),
	serve(auditv1.File_audit_v1_audit_proto, inAudit, auditv1.NewAuditServiceClient, auditv1.RegisterAuditServiceHandlerClient),
}

func inPermits(d Deps) grpc.ClientConnInterface  { return d.Permits }
func inIdentity(d Deps) grpc.ClientConnInterface { return d.Identity }
func inAudit(d Deps) grpc.ClientConnInterface    { return d.Audit }

// serve is the one service of a contract's file.
func serve[C any](file protoreflect.FileDescriptor, part func(Deps) grpc.ClientConnInterface,
	client func(grpc.ClientConnInterface) C, register func(context.Context, *runtime.ServeMux, C) error,
) served {
	return served{file.Services().Get(0), func(ctx context.Context, mux *runtime.ServeMux, d Deps) error {
		return register(ctx, mux, client(part(d)))
	}}
}

// Contracts are the services that the API serves.
func Contracts() []protoreflect.ServiceDescriptor {
	list := make([]protoreflect.ServiceDescriptor, len(services))
	for i, s := range services {
		list[i] = s.contract
	}
	return list
}
