// Package opendata 开放数据 serves the public register as files to copy: CSV
// for spreadsheets, JSON with everything that is public, GeoJSON for maps.
//
//	GET /v1/open-data              what there is, licence, position
//	GET /v1/open-data/{file}       permits.csv, permits.json, …; ?at= a position
//
// A file is written while the entries come in, one at a time, so that it costs
// the same memory whatever its length. It says as of which position it was
// made; whoever has it goes on with the feed of changes from there. Every file
// has an ETag, so that a copy that is still good is not sent again. Nothing is
// decided here: the entries hold only what the register published.
//
// It may import the contracts, problem and rpc. Start with [Handler].
package opendata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Licence is under what terms the data may be used.
var Licence = struct{ Name, URL, Attribution string }{
	"CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "武威市生态环境局 Wuwei Ecology and Environment Bureau",
}

// Source is the register.
type Source interface {
	// Export begins to send the entries of a kind as of a position (0: now), as
	// much of each as is asked for.
	Export(ctx context.Context, kind string, at uint64, much Much) (Stream, error)
}

// Much is how much of a register is asked for.
type Much int

// The amounts.
const (
	Position Much = iota // only how far it has come
	Heads                // entries without their content
	Whole                // entries with their content
)

// Stream is what the register sends: first the position, then entries until
// io.EOF.
type Stream interface {
	Recv() (*permitsv1.ExportEntriesResponse, error)
}

// Handler serves the files. The zero value of no field is useful.
type Handler struct {
	Source Source
	Admit  func(*http.Request) (context.Context, error)            // context of the calls
	Refuse func(w http.ResponseWriter, r *http.Request, err error) // answers an error
}

// file is one form of the entries of a kind.
type file struct {
	Name, kind, media string
	Title             problem.Text
	much              Much
	writer            func(w io.Writer, h head, lang string) writer
}

// head is what a file says of itself.
type head struct {
	position uint64
	recorded time.Time
}

// writer writes the entries of a file.
type writer interface {
	entry(e *permitsv1.PublicEntry) error
	end() error
}

const permits = "permit"

// files are all that can be copied.
var files = []file{
	{
		Name: "permits.csv", kind: permits, media: "text/csv; charset=utf-8", writer: newTable(entryColumns), much: Heads,
		Title: problem.Text{Zh: "排污许可证，每证一行", En: "Discharge permits, a row each"},
	},
	{
		Name: "permit-outlets.csv", kind: permits, media: "text/csv; charset=utf-8", writer: newTable(outletColumns, "content", "outlets"), much: Whole,
		Title: problem.Text{Zh: "排放口，每口一行", En: "Outlets, a row each"},
	},
	{
		Name: "permit-limits.csv", kind: permits, media: "text/csv; charset=utf-8", writer: newTable(limitColumns, "content", "limits"), much: Whole,
		Title: problem.Text{Zh: "许可排放限值，每项一行", En: "Limits, a row each"},
	},
	{
		Name: "permits.json", kind: permits, media: "application/json", writer: newDocument, much: Whole,
		Title: problem.Text{Zh: "排污许可证，全部公开内容", En: "Discharge permits with everything that is public"},
	},
	{
		Name: "permits.geojson", kind: permits, media: "application/geo+json", writer: newMap, much: Heads,
		Title: problem.Text{Zh: "排污许可证的位置", En: "Where the sites of discharge permits are"},
	},
}

// Files are the names of all files.
func Files() []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return names
}

// Listed is a file as pages show it.
type Listed struct {
	Name, URL string
	Title     problem.Text
	Table     bool // a table, whose heads can be had for people
}

// List are all files, in the order to show them.
func List() []Listed {
	list := make([]Listed, len(files))
	for i, f := range files {
		list[i] = Listed{f.Name, "/v1/open-data/" + f.Name, f.Title, strings.HasSuffix(f.Name, ".csv")}
	}
	return list
}

// ServeHTTP serves /v1/open-data and one file below it.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "" {
		h.index(w, r)
		return
	}
	for _, f := range files {
		if f.Name == name {
			if err := h.serve(w, r, f); err != nil {
				w.Header().Del("ETag")
				w.Header().Set("Cache-Control", "no-store")
				h.Refuse(w, r, err)
			}
			return
		}
	}
	h.Refuse(w, r, problem.ErrNotFound)
}

// asked reads ?at= and ?lang=.
func asked(r *http.Request) (at uint64, lang string, err error) {
	var wrong problem.Fields
	q := r.URL.Query()
	if text := q.Get("at"); text != "" {
		if at, err = strconv.ParseUint(text, 10, 64); err != nil {
			wrong.Add("at", text, "NOT_A_POSITION", "at 应为日志位置，是一个非负整数。", "at is a position of the log, a whole number.")
		}
	}
	if lang = q.Get("lang"); lang != "" && lang != "zh" && lang != "en" {
		wrong.Add("lang", lang, "UNKNOWN_LANGUAGE", "lang 为 zh、en 或不填。", "lang is zh, en or left out.")
	}
	return at, lang, wrong.Err()
}

// position asks how far the register has come.
func (h Handler) position(ctx context.Context, kind string) (uint64, time.Time, error) {
	s, err := h.Source.Export(ctx, kind, 0, Position)
	if err != nil {
		return 0, time.Time{}, err
	}
	first, err := s.Recv()
	if err != nil {
		return 0, time.Time{}, err
	}
	for err == nil {
		_, err = s.Recv() // to its end, so that the call is over
	}
	if !errors.Is(err, io.EOF) {
		return 0, time.Time{}, err
	}
	return first.GetPosition(), first.GetRecordedAt().AsTime(), nil
}

// serve sends a file, or that the copy of the asker is still good. An error is
// returned only while nothing was sent.
func (h Handler) serve(w http.ResponseWriter, r *http.Request, f file) error {
	at, lang, err := asked(r)
	if err != nil {
		return err
	}
	ctx, err := h.Admit(r)
	if err != nil {
		return err
	}
	now, _, err := h.position(ctx, f.kind)
	if err != nil {
		return err
	}
	// A withdrawal takes an entry out of older positions too, and is a change:
	// so both positions are in the tag.
	if Fresh(w, r, fmt.Sprintf("%s-%s-%d-%d", f.Name, lang, at, now)) {
		return nil
	}
	stream, err := h.Source.Export(ctx, f.kind, at, f.much)
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	info := head{first.GetPosition(), first.GetRecordedAt().AsTime()}
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("X-Register-Position", strconv.FormatUint(info.position, 10))
	w.Header().Set("Link", "<"+Licence.URL+`>; rel="license"`)
	stem, ext, _ := strings.Cut(f.Name, ".")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%d.%s"`, stem, info.position, ext))
	if r.Method == http.MethodHead {
		return nil
	}
	send(w, f.writer(w, info, lang), stream)
	return nil
}

// breath is how many entries are written before a slow reader gets more time.
const (
	breath   = 500
	patience = 30 * time.Second
)

// send writes the entries. A file that cannot be finished is cut off where it
// is, so that nobody takes it for whole.
func send(w http.ResponseWriter, out writer, stream Stream) {
	control := http.NewResponseController(w)
	for n := 0; ; n++ {
		if n%breath == 0 {
			_ = control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines has none to miss
		}
		next, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			err = out.end()
			if err == nil {
				return
			}
		}
		if err == nil {
			err = out.entry(next.GetEntry())
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}
