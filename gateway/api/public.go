package api

import (
	"context"
	"net/http"

	"shiyang/gateway/api/opendata"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

// register is the public register behind the open data.
type register struct {
	client permitsv1.DisclosureServiceClient
}

// Export implements [opendata.Source].
func (r register) Export(ctx context.Context, kind string, at uint64, much opendata.Much) (opendata.Stream, error) {
	return r.client.ExportEntries(ctx, &permitsv1.ExportEntriesRequest{
		Kind: kind, At: at, HeadOnly: much == opendata.Position, WithoutContent: much == opendata.Heads,
	})
}

// admitPublic is the context of a call for everybody: who asks is not looked
// at, so the answer may be kept for others.
func (a *API) admitPublic(r *http.Request) (context.Context, error) {
	return rpc.WithCaller(r.Context(), rpc.Caller{Lang: language(r), Client: "api", CorrelationID: correlation(r)}, ""), nil
}

// servePublic serves what anybody may copy: the register's calls, whose
// answers may be kept for a moment, and the files of open data.
func (a *API) servePublic(calls http.Handler) {
	source := register{permitsv1.NewDisclosureServiceClient(a.Permits)}
	files := opendata.Handler{Source: source, Admit: a.admitPublic, Refuse: a.refuse}
	a.mux.Handle("GET /v1/open-data", files)
	a.mux.Handle("GET /v1/open-data/{file}", files)
	a.mux.Handle("GET /v1/register/", opendata.Cached(calls))
	a.mux.HandleFunc("GET /v1/register/entries/{kind}/{number}/position", func(w http.ResponseWriter, r *http.Request) {
		a.position(w, r, source.client)
	})
}

// position is where the site of an entry is, as GeoJSON.
func (a *API) position(w http.ResponseWriter, r *http.Request, client permitsv1.DisclosureServiceClient) {
	ctx, err := a.admitPublic(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	got, err := client.GetEntry(ctx, &permitsv1.GetEntryRequest{Kind: r.PathValue("kind"), Number: r.PathValue("number")})
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	feature, ok := opendata.Feature(got.GetEntry())
	if !ok {
		a.refuse(w, r, problem.ErrNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/geo+json")
	if !opendata.Fresh(w, r, string(feature)) {
		_, _ = w.Write(feature)
	}
}

var pollTags = object{"name": "If-None-Match", "in": "header", "description": "ETag of the copy you have: 304 if it is still good.", "schema": object{"type": "string"}}

// publicPaths describe the files of open data.
func publicPaths() object {
	names := []any{}
	for _, name := range opendata.Files() {
		names = append(names, name)
	}
	found := func(description string, kinds ...string) object {
		content := object{}
		for _, kind := range kinds {
			content[kind] = object{}
		}
		return object{"200": object{"description": description, "content": content}, "304": object{"description": "Your copy is still good."}, "default": refusal}
	}
	return object{
		"/v1/open-data": object{"get": object{
			"tags": []any{"Open data"}, "operationId": "OpenData_List", "parameters": []any{pollTags},
			"summary":   "Lists the files, their licence and the position of the register.",
			"responses": found("The files.", "application/json"),
		}},
		"/v1/open-data/{file}": object{"get": object{
			"tags": []any{"Open data"}, "operationId": "OpenData_Get",
			"summary": "Sends all entries as of one position: X-Register-Position says which. Go on from there with /v1/register/changes.",
			"parameters": []any{
				object{"name": "file", "in": "path", "required": true, "schema": object{"type": "string", "enum": names}},
				object{"name": "at", "in": "query", "description": "Position of the log; left out: now.", "schema": object{"type": "string", "format": "uint64"}},
				object{"name": "lang", "in": "query", "description": "Heads of a CSV for people: zh or en; left out: names for programs.", "schema": object{"type": "string", "enum": []any{"zh", "en"}}},
				pollTags,
			},
			"responses": found("The file.", "text/csv", "application/json", "application/geo+json"),
		}},
		"/v1/register/entries/{kind}/{number}/position": object{"get": object{
			"tags": []any{"Open data"}, "operationId": "OpenData_Position", "summary": "Where the site of an entry is, as GeoJSON.",
			"parameters": []any{
				object{"name": "kind", "in": "path", "required": true, "schema": object{"type": "string"}},
				object{"name": "number", "in": "path", "required": true, "schema": object{"type": "string"}},
				pollTags,
			},
			"responses": found("A feature.", "application/geo+json"),
		}},
	}
}
