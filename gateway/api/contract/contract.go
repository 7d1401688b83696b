// Package contract checks JSON requests against the .proto contracts before
// anything is decoded, so that a caller learns of every mistake at once: keys
// that do not exist, keys given twice, values of the wrong type, all with
// their path. A decoder would stop at the first, or keep silent.
//
// Start reading with [Routes], which knows for every address which message it
// takes, then [Route.CheckBody].
package contract

import (
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A Route is one REST address and the call behind it.
type Route struct {
	Method  string                         // HTTP: "POST"
	Pattern string                         // "/v1/permits/{permit_id}:accept"
	Call    protoreflect.MethodDescriptor  // the call it leads to
	Input   protoreflect.MessageDescriptor // what the call takes
	InPath  map[protoreflect.FullName]bool // fields that the path gives
	HasFile bool                           // whether the input may refer to attachments
}

// FullMethod is the gRPC name: "/permits.v1.PermitsService/AcceptApplication".
func (r *Route) FullMethod() string {
	return "/" + string(r.Call.Parent().FullName()) + "/" + string(r.Call.Name())
}

// Write tells whether the call is a command.
func (r *Route) Write() bool { return r.Method != http.MethodGet }

// Routes finds the route of a request by HTTP method and pattern.
type Routes map[string]*Route

// NewRoutes reads the routes from the services' http annotations.
func NewRoutes(services ...protoreflect.ServiceDescriptor) Routes {
	routes := Routes{}
	for _, service := range services {
		for i := range service.Methods().Len() {
			call := service.Methods().Get(i)
			rule, ok := proto.GetExtension(call.Options(), annotations.E_Http).(*annotations.HttpRule)
			if !ok || rule == nil {
				continue
			}
			method, pattern := verb(rule)
			route := &Route{
				Method: method, Pattern: pattern, Call: call, Input: call.Input(),
				InPath: pathFields(pattern, call.Input()), HasFile: holdsAttachment(call.Input(), map[protoreflect.FullName]bool{}),
			}
			routes[method+" "+pattern] = route
		}
	}
	return routes
}

// Find returns the route of a matched request; pattern may spell its
// variables as "{permit_id=*}".
func (r Routes) Find(method, pattern string) (*Route, bool) {
	route, ok := r[method+" "+strings.ReplaceAll(pattern, "=*}", "}")]
	return route, ok
}

func verb(rule *annotations.HttpRule) (method, pattern string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	}
	return "", ""
}

func pathFields(pattern string, input protoreflect.MessageDescriptor) map[protoreflect.FullName]bool {
	fields := map[protoreflect.FullName]bool{}
	for _, part := range strings.Split(pattern, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		if f := input.Fields().ByName(protoreflect.Name(name)); f != nil {
			fields[f.FullName()] = true
		}
	}
	return fields
}

const attachment = "common.v1.Attachment"

func holdsAttachment(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		if sub := m.Fields().Get(i).Message(); sub != nil && (sub.FullName() == attachment || holdsAttachment(sub, seen)) {
			return true
		}
	}
	return false
}
