package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
)

//go:embed openapi/*.json
var generated embed.FS

// object is a JSON object of the document.
type object = map[string]any

// openAPI is the whole document: what was generated from the contracts, and
// what HTTP adds to every call.
var openAPI = sync.OnceValues(func() (object, error) {
	files, err := generated.ReadDir("openapi")
	if err != nil {
		return nil, err
	}
	paths, schemas, tags := object{}, object{}, []any{}
	for _, file := range files {
		content, err := generated.ReadFile("openapi/" + file.Name())
		if err != nil {
			return nil, err
		}
		var part struct {
			Paths      object                   `json:"paths"`
			Components struct{ Schemas object } `json:"components"`
			Tags       []any                    `json:"tags"`
		}
		if err := json.Unmarshal(content, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		maps.Copy(paths, part.Paths)
		maps.Copy(schemas, part.Components.Schemas)
		tags = append(tags, part.Tags...)
	}
	delete(schemas, "google.rpc.Status")
	delete(schemas, "google.protobuf.Any")
	maps.Copy(schemas, ownSchemas)
	for path, item := range paths {
		for verb, operation := range item.(object) {
			completeOperation(path, verb, operation.(object))
		}
	}
	maps.Copy(paths, ownPaths)
	maps.Copy(paths, publicPaths())
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Shiyang 石羊", "version": "1",
			"description": "Cases, permits and waste of an ecology and environment bureau. Every write needs Idempotency-Key; a retry with the same key and body takes effect once. Refusals are application/problem+json with errors and warnings apart, each with path, value and reason.",
		},
		"servers":    []any{object{"url": "/"}},
		"security":   []any{object{"session": []any{}}, object{}},
		"tags":       tags,
		"paths":      paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"session": object{"type": "http", "scheme": "bearer", "description": "The token of POST /v1/sessions."}}},
	}, nil
})

// completeOperation adds what every call has: the command id of a write, the
// minimum position of a read's answer, and the form of a refusal.
func completeOperation(_, verb string, operation object) {
	responses, _ := operation["responses"].(object)
	if responses == nil {
		responses = object{}
		operation["responses"] = responses
	}
	responses["default"] = refusal
	parameters, _ := operation["parameters"].([]any)
	if verb != "get" {
		parameters = append(parameters, object{
			"name": "Idempotency-Key", "in": "header", "required": true,
			"description": "A fresh UUID for a new command, the same one for a retry. A command that creates a record gives the record this id; use UUIDv7 there.",
			"schema":      object{"type": "string", "format": "uuid"},
		})
	}
	operation["parameters"] = append(parameters, object{
		"name": "Accept-Language", "in": "header", "description": "zh-CN (default) or en: language of refusals.", "schema": object{"type": "string"},
	})
}

var refusal = object{
	"description": "A refusal.",
	"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
}

func text(description string) object { return object{"type": "string", "description": description} }

var ownSchemas = object{
	"FieldProblem": object{"type": "object", "properties": object{
		"path": text("JSON path from the request's root: outlets[0].limits[2].concentration."), "value": text("What was received, shortened; never personal data."),
		"reason": text("Stable and upper-case."), "detail": text("What is wrong and what to do."),
	}},
	"Problem": object{"type": "object", "description": "RFC 9457.", "properties": object{
		"type": text("about:blank"), "title": text("What happened and what to do."), "status": object{"type": "integer"},
		"reason": text("Stable and upper-case."), "citation": text("Legal basis of a refusal."), "instance": text("Number to ask about."),
		"errors":   object{"type": "array", "items": object{"$ref": "#/components/schemas/FieldProblem"}},
		"warnings": object{"type": "array", "items": object{"$ref": "#/components/schemas/FieldProblem"}},
	}},
	"Session": object{"type": "object", "properties": object{
		"token": text("Send as Authorization: Bearer …"), "expires": object{"type": "string", "format": "date-time"}, "seatId": text("Capacity in use."),
	}},
}

func jsonBody(properties object, required ...any) object {
	return object{"required": true, "content": object{"application/json": object{"schema": object{"type": "object", "properties": properties, "required": required}}}}
}

func jsonAnswer(status, description, schema string) object {
	return object{status: object{"description": description, "content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + schema}}}}, "default": refusal}
}

var hash = object{"name": "sha256", "in": "path", "required": true, "schema": text("SHA-256 of the content, hex.")}

var ownPaths = object{
	"/v1/sessions": object{"post": object{
		"tags": []any{"Sessions"}, "operationId": "Sessions_SignIn", "summary": "Opens a session, in the capacity seatId if given.",
		"requestBody": jsonBody(object{"login": text("Sign-in name."), "password": text("Password."), "seatId": text("Capacity.")}, "login", "password"),
		"responses":   jsonAnswer("201", "The session.", "Session"),
	}},
	"/v1/sessions/current": object{
		"post": object{
			"tags": []any{"Sessions"}, "operationId": "Sessions_SwitchSeat", "summary": "Changes the capacity of the session; the token changes too.",
			"requestBody": jsonBody(object{"seatId": text("Capacity.")}, "seatId"), "responses": jsonAnswer("201", "The session.", "Session"),
		},
		"delete": object{
			"tags": []any{"Sessions"}, "operationId": "Sessions_SignOut", "summary": "Ends the session.",
			"responses": object{"204": object{"description": "Ended."}, "default": refusal},
		},
	},
	"/v1/attachments": object{"post": object{
		"tags": []any{"Attachments"}, "operationId": "Attachments_Upload", "summary": "Takes a file into custody before a command refers to it; 20 MiB at most.",
		"requestBody": object{"required": true, "content": object{"multipart/form-data": object{"schema": object{"type": "object", "properties": object{
			"kind": text("licence, mandate, eia-approval, monitoring-plan or other; before the file."), "file": object{"type": "string", "format": "binary"},
		}}}}},
		"responses": jsonAnswer("201", "What a command has to say of the file.", "common.v1.Attachment"),
	}},
	"/v1/attachments/{sha256}": object{"get": object{
		"tags": []any{"Attachments"}, "operationId": "Attachments_Download", "summary": "Sends a stored file.", "parameters": []any{hash},
		"responses": object{"200": object{"description": "The file.", "content": object{"*/*": object{}}}, "default": refusal},
	}},
}

func serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	document, err := openAPI()
	if err != nil {
		http.Error(w, "the description of the API cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Disposition", `inline; filename="openapi.json"`)
	}
	answer(w, http.StatusOK, document)
}
