package web

import (
	"google.golang.org/grpc"

	"shiyang/gateway/web/eia"
	"shiyang/gateway/web/visit"
	permitsv1 "shiyang/proto/permits/v1"
)

// Departments are the departments of the permits service beside discharge
// permits, made from the connection to it. A new one is a line here; their
// order is that of the menu.
func Departments(conn grpc.ClientConnInterface) []visit.Department {
	return []visit.Department{
		eia.Pages(permitsv1.NewEiaServiceClient(conn), permitsv1.NewZoningServiceClient(conn)),
	}
}
