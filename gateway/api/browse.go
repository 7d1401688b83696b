package api

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed browse.html
var browserPage string

//go:embed browse.css
var browserStyle []byte

var browser = template.Must(template.New("browse").Parse(browserPage))

// The page shows the document that /openapi.json serves, for people.
type (
	browsed struct {
		Groups  []browsedGroup
		Schemas []browsedSchema
	}
	browsedGroup struct {
		Title string
		Calls []browsedCall
	}
	browsedCall struct {
		Verb, Path, Summary, Body, Answer string
		Parameters                        []browsedField
		Fields                            []browsedField
	}
	browsedSchema struct {
		Name, Anchor, Description string
		Fields                    []browsedField
		Values                    []string
	}
	browsedField struct{ Name, In, Type, Ref, Description string }
)

var browsedAPI = sync.OnceValues(func() (browsed, error) {
	document, err := openAPI()
	if err != nil {
		return browsed{}, err
	}
	groups := map[string][]browsedCall{}
	for path, item := range document["paths"].(object) {
		for verb, operation := range item.(object) {
			call := browseCall(path, verb, operation.(object))
			tag, _ := operation.(object)["tags"].([]any)[0].(string)
			groups[tag] = append(groups[tag], call)
		}
	}
	var page browsed
	for title, calls := range groups {
		slices.SortFunc(calls, func(a, b browsedCall) int { return strings.Compare(a.Path+a.Verb, b.Path+b.Verb) })
		page.Groups = append(page.Groups, browsedGroup{title, calls})
	}
	slices.SortFunc(page.Groups, func(a, b browsedGroup) int { return strings.Compare(a.Title, b.Title) })
	for name, schema := range document["components"].(object)["schemas"].(object) {
		page.Schemas = append(page.Schemas, browseSchema(name, schema.(object)))
	}
	slices.SortFunc(page.Schemas, func(a, b browsedSchema) int { return strings.Compare(a.Name, b.Name) })
	return page, nil
})

func browseCall(path, verb string, operation object) browsedCall {
	call := browsedCall{Verb: strings.ToUpper(verb), Path: path}
	call.Summary, _ = operation["summary"].(string)
	for _, p := range list(operation["parameters"]) {
		f := browseField(stringOf(p["name"]), member(p, "schema"))
		f.In = stringOf(p["in"])
		if d := stringOf(p["description"]); d != "" {
			f.Description = d
		}
		call.Parameters = append(call.Parameters, f)
	}
	for kind, media := range member(member(operation, "requestBody"), "content") {
		call.Body = kind
		schema := member(media.(object), "schema")
		call.Fields = browseFields(member(schema, "properties"))
	}
	for status, response := range member(operation, "responses") {
		for _, media := range member(response.(object), "content") {
			if ref := stringOf(member(media.(object), "schema")["$ref"]); status != "default" && ref != "" {
				call.Answer = strings.TrimPrefix(ref, "#/components/schemas/")
			}
		}
	}
	return call
}

func browseSchema(name string, schema object) browsedSchema {
	out := browsedSchema{Name: name, Anchor: name, Description: stringOf(schema["description"]), Fields: browseFields(member(schema, "properties"))}
	if values, ok := schema["enum"].([]any); ok {
		for _, v := range values {
			out.Values = append(out.Values, stringOf(v))
		}
	}
	return out
}

func browseFields(properties object) []browsedField {
	fields := make([]browsedField, 0, len(properties))
	for name, schema := range properties {
		fields = append(fields, browseField(name, schema.(object)))
	}
	slices.SortFunc(fields, func(a, b browsedField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func browseField(name string, schema object) browsedField {
	f := browsedField{Name: name, Type: stringOf(schema["type"]), Description: stringOf(schema["description"])}
	ref := stringOf(schema["$ref"])
	if f.Type == "array" {
		items := member(schema, "items")
		ref = stringOf(items["$ref"])
		f.Type = "array of " + stringOf(items["type"])
	}
	if format := stringOf(schema["format"]); format != "" {
		f.Type += " (" + format + ")"
	}
	f.Ref = strings.TrimPrefix(ref, "#/components/schemas/")
	return f
}

func member(o object, key string) object {
	m, _ := o[key].(object)
	return m
}

func list(v any) []object {
	var out []object
	items, _ := v.([]any)
	for _, item := range items {
		if o, ok := item.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

func stringOf(v any) string {
	s, _ := v.(string)
	return s
}

func serveBrowser(w http.ResponseWriter, _ *http.Request) {
	page, err := browsedAPI()
	if err != nil {
		http.Error(w, "the description of the API cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	// The connection is the reader's: if it is gone there is nobody to tell.
	_ = browser.Execute(w, page)
}

func serveBrowserStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	// The connection is the reader's: if it is gone there is nobody to tell.
	_, _ = w.Write(browserStyle)
}
