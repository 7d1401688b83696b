package web

import (
	"google.golang.org/grpc"

	"shiyang/gateway/web/eia"
	"shiyang/gateway/web/monitoring"
	"shiyang/gateway/web/registration"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/zoning"
	permitsv1 "shiyang/proto/permits/v1"
)

// Departments are the departments of the permits service beside discharge
// permits, made from the connection to it. A new one is a line here; their
// order is that of the menu.
func Departments(conn grpc.ClientConnInterface) []visit.Department {
	return []visit.Department{
		registration.Pages(permitsv1.NewRegistrationServiceClient(conn), permitsv1.NewPermitsServiceClient(conn)),
		eia.Pages(permitsv1.NewEiaServiceClient(conn), permitsv1.NewZoningServiceClient(conn)),
		zoning.Pages(permitsv1.NewZoningServiceClient(conn)),
		monitoring.Pages(permitsv1.NewMonitoringServiceClient(conn), permitsv1.NewPermitsServiceClient(conn)),
	}
}
