// Package register 公开登记簿 holds the pages for everybody: the search of the
// public register, the page of an entry with its versions and its place on a
// sketch, and the page that tells how to copy the data and follow its changes.
// All of it works without an account and without JavaScript.
//
// It may import visit, component, page, words, the list of open-data files and
// the contracts. Start with [Pages].
package register

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

const permit = "permit"

type pages struct {
	client permitsv1.DisclosureServiceClient
}

// Pages is the department of the public register.
func Pages(client permitsv1.DisclosureServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Entries: []visit.Entry{{
			Group: visit.LookUp, Icon: "public", Text: title, Path: "/register", Lead: lead,
			Tabs: []visit.Tab{{Text: title, Path: "/register"}, {Text: openTitle, Path: "/open-data"}},
		}},
		Public: []component.MenuItem{{Text: openTitle, Path: "/open-data"}},
		Routes: visit.Routes(
			visit.Public("GET /register", p.search), visit.Public("GET /register/{number}", p.entry), visit.Public("GET /open-data", p.open),
		),
		Names: words.Names{Paths: fields},
	}
}

// numberOrID is how an entry is asked for: by its id while it has no number.
func numberOrID(e *permitsv1.PublicEntry) string { return cmp.Or(e.GetNumber(), e.GetId()) }

func numberOr(ctx context.Context, e *permitsv1.PublicEntry) string {
	return cmp.Or(e.GetNumber(), noNumber.In(ctx))
}

func entryPath(e *permitsv1.PublicEntry) string { return component.Record("register", numberOrID(e)) }

func (p *pages) search(v *visit.Visit) error {
	q := v.List()
	q.Status = v.Query("state")
	list, err := p.client.SearchEntries(v.Ask(), &permitsv1.SearchEntriesRequest{
		Query: q.Text, Division: q.County, State: q.Status, After: v.Query("after"), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, searchPage(v.Frame(title.In(v.Text()), "/register"), q, list.GetEntries(), int(list.GetTotal())))
}

func (p *pages) entry(v *visit.Visit) error {
	version, err := strconv.ParseInt(cmp.Or(v.Query("version"), "0"), 10, 32)
	if err != nil {
		return problem.ErrNotFound
	}
	got, err := p.client.GetEntry(v.Ask(), &permitsv1.GetEntryRequest{
		Kind: permit, Number: v.R.PathValue("number"), Version: int32(version), AtLeast: v.AtLeast(),
	})
	if visit.IsProblem(err, problem.Invalid) {
		return problem.ErrNotFound
	}
	if err != nil {
		return err
	}
	content, err := contentOf(got.GetEntry())
	if err != nil {
		return err
	}
	r := record{Entry: got.GetEntry(), Content: content, Versions: got.GetVersions(), Hidden: got.GetNotPublic(), Shown: int32(version)}
	return v.Show(http.StatusOK, entryPage(v.Frame(numberOr(v.Text(), r.Entry), "/register"), r))
}

// contentOf reads what a permit says from the public part of its content.
func contentOf(e *permitsv1.PublicEntry) (*permitsv1.ApplicationContent, error) {
	var content permitsv1.ApplicationContent
	said, ok := e.GetContent().GetFields()["content"]
	if !ok {
		return &content, nil
	}
	body, err := json.Marshal(said.AsInterface())
	if err != nil {
		return nil, err
	}
	return &content, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &content)
}

// open tells how to copy the register. Position and rules are two calls.
func (p *pages) open(v *visit.Visit) error {
	stream, err := p.client.ExportEntries(v.Ask(), &permitsv1.ExportEntriesRequest{Kind: permit, HeadOnly: true})
	if err != nil {
		return err
	}
	head, err := stream.Recv()
	if err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("an export of the position alone goes on"), err)
	}
	rules, err := p.client.ListPublishRules(v.Ask(), &permitsv1.ListPublishRulesRequest{})
	if err != nil {
		return err
	}
	o := opened{Position: head.GetPosition(), Rules: rules.GetRules()}
	if head.GetRecordedAt() != nil {
		o.Recorded = words.Moment(v.Text(), head.GetRecordedAt().AsTime())
	}
	return v.Show(http.StatusOK, openPage(v.Frame(openTitle.In(v.Text()), "/open-data"), o))
}
