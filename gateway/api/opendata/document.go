package opendata

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	permitsv1 "shiyang/proto/permits/v1"
)

// document writes JSON: what the file is, every entry on a line of its own,
// and at the end how many there are, so that a file that was cut off shows.
type document struct {
	w     io.Writer
	h     head
	n     int
	begun bool
}

func newDocument(w io.Writer, h head, _ string) writer { return &document{w: w, h: h} }

func (d *document) begin() error {
	if d.begun {
		return nil
	}
	d.begun = true
	_, err := fmt.Fprintf(d.w, `{"position":%q,"recordedAt":%q,"licence":%s,"entries":[`,
		strconv.FormatUint(d.h.position, 10), d.h.recorded.UTC().Format(time.RFC3339), licence())
	return err
}

func (d *document) entry(e *permitsv1.PublicEntry) error {
	if err := d.begin(); err != nil {
		return err
	}
	body, err := protojson.Marshal(e)
	if err != nil {
		return err
	}
	return d.line(body)
}

// line writes one element of the list.
func (d *document) line(body []byte) error {
	before := "\n"
	if d.n++; d.n > 1 {
		before = ",\n"
	}
	_, err := io.WriteString(d.w, before+string(body))
	return err
}

func (d *document) end() error {
	if err := d.begin(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.w, "\n],\"count\":%d}\n", d.n)
	return err
}

func licence() string {
	body, _ := json.Marshal(map[string]string{ // three strings cannot fail
		"name": Licence.Name, "url": Licence.URL, "attribution": Licence.Attribution,
	})
	return string(body)
}

// positions writes GeoJSON (RFC 7946): a feature for each entry that says
// where it is.
type positions struct{ document }

func newMap(w io.Writer, h head, _ string) writer { return &positions{document{w: w, h: h}} }

func (p *positions) begin() error {
	if p.begun {
		return nil
	}
	p.begun = true
	_, err := fmt.Fprintf(p.w, `{"type":"FeatureCollection","position":%q,"licence":%s,"features":[`,
		strconv.FormatUint(p.h.position, 10), licence())
	return err
}

func (p *positions) entry(e *permitsv1.PublicEntry) error {
	if err := p.begin(); err != nil {
		return err
	}
	body, ok := Feature(e)
	if !ok {
		return nil
	}
	return p.line(body)
}

func (p *positions) end() error {
	if err := p.begin(); err != nil {
		return err
	}
	return p.document.end()
}

// Feature is where one entry is, as GeoJSON; false if it does not say.
func Feature(e *permitsv1.PublicEntry) ([]byte, bool) {
	var at [2]float64 // a JSON number has no leading zeros
	for i, degrees := range []string{e.GetLocation().GetLongitude(), e.GetLocation().GetLatitude()} {
		var err error
		if at[i], err = strconv.ParseFloat(degrees, 64); err != nil {
			return nil, false
		}
	}
	properties, err := json.Marshal(map[string]any{
		"kind": e.GetKind(), "number": e.GetNumber(), "unitName": e.GetUnitName(), "status": e.GetStatus(), "inForce": e.GetInForce(),
		"example": e.GetExample(),
	})
	if err != nil {
		return nil, false
	}
	return fmt.Appendf(nil, `{"type":"Feature","id":%q,"geometry":{"type":"Point","coordinates":[%s,%s]},"properties":%s}`,
		e.GetId(), strconv.FormatFloat(at[0], 'f', -1, 64), strconv.FormatFloat(at[1], 'f', -1, 64), properties), true
}

// index says what can be copied.
func (h Handler) index(w http.ResponseWriter, r *http.Request) {
	ctx, err := h.Admit(r)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	position, recorded, err := h.position(ctx, permits)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	type listed struct {
		URL       string `json:"url"`
		MediaType string `json:"mediaType"`
		TitleZh   string `json:"titleZh"`
		TitleEn   string `json:"titleEn"`
	}
	list := make([]listed, 0, len(files))
	for _, f := range files {
		list = append(list, listed{"/v1/open-data/" + f.Name, f.media, f.Title.Zh, f.Title.En})
	}
	body, err := json.Marshal(map[string]any{
		"licence": json.RawMessage(licence()), "position": strconv.FormatUint(position, 10),
		"recordedAt": recorded.UTC().Format(time.RFC3339), "files": list,
		"changes": "/v1/register/changes?since=" + strconv.FormatUint(position, 10), "rules": "/v1/register/rules",
	})
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	if Fresh(w, r, string(body)) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n'))
}
