package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
)

// Document is a kind of document that carries a number 文号.
type Document struct {
	ID       string // in the law data, which also names its prefix: "permit-acceptance"
	Decision bool   // numbered where the bureau decides; else where its signer sits
}

// branches are the marks of the county branches in document numbers: 武环(凉)….
var branches = map[string]string{"620602": "凉", "620621": "民", "620622": "古", "620623": "天"}

// organOf is the organ whose series a document counts in.
func (d *Desk) organOf(doc Document, who rpc.Caller) string {
	if doc.Decision {
		return d.Practice.DecisionOrgan
	}
	if branches[who.Actor.County] != "" {
		return who.Actor.County
	}
	return Prefecture
}

// draw takes the next number of a document's series: gap-free per organ, type
// and year. The same command gets the same number again.
func (d *Desk) draw(ctx context.Context, occurredAt *timestamppb.Timestamp, holder string, doc Document) (string, error) {
	who, err := Caller(ctx)
	if err != nil {
		return "", err
	}
	meta, occasion, err := d.Meta(ctx, occurredAt)
	if err != nil {
		return "", err
	}
	organ := d.organOf(doc, who)
	serial, err := d.Numbers.Next(ctx, meta, organ, doc.ID, occasion.On.Year, holder)
	if err != nil {
		return "", fmt.Errorf("draw number of %s: %w", doc.ID, err)
	}
	document, ok := occasion.Law.On(occasion.On).DocumentType(doc.ID)
	if !ok {
		return "", fmt.Errorf("number of %s: no such document type in the law data", doc.ID)
	}
	return identifier.DocumentNumber{
		Branch: branches[organ], Kind: strings.TrimPrefix(document.NumberPrefix, "武环"),
		Year: occasion.On.Year, Serial: int(serial),
	}.String(), nil
}

// InSeries is a number in its series.
type InSeries struct {
	Organ, Type string
	Year        int
	Serial      int64
}

// seriesOf finds the series of a document number that was drawn here.
func seriesOf(number string, documents []Document, lists law.View) (InSeries, bool) {
	parsed, findings := identifier.ParseDocumentNumber(number)
	if law.HasError(findings) {
		return InSeries{}, false
	}
	i := slices.IndexFunc(documents, func(doc Document) bool {
		document, ok := lists.DocumentType(doc.ID)
		return ok && document.NumberPrefix == "武环"+parsed.Kind
	})
	if i < 0 {
		return InSeries{}, false
	}
	organ := Prefecture
	for division, mark := range branches {
		if mark == parsed.Branch {
			organ = division
		}
	}
	return InSeries{organ, documents[i].ID, parsed.Year, int64(parsed.Serial)}, true
}

// UsesNumber is part of a reaction: it marks the number of a document used once
// its event is stored. Numbers that are not of these documents are left alone.
func UsesNumber[E es.Event](d *Desk, reaction string, documents []Document, number func(E) string) readmodel.Trigger {
	return readmodel.When(func(ctx context.Context, f readmodel.Fact, e E) error {
		at, ok := seriesOf(number(e), documents, d.Law().On(law.DateOf(f.Meta.OccurredAt)))
		if !ok {
			return nil // not one of our series
		}
		return d.MarkUsed(ctx, reaction, f, at)
	})
}

// MarkUsed marks a number used because of a fact. A number that is void or
// unknown is told to the operator: trying again would not help.
func (d *Desk) MarkUsed(ctx context.Context, reaction string, f readmodel.Fact, at InSeries) error {
	err := d.Numbers.MarkUsed(ctx, d.Reacting(reaction, f), at.Organ, at.Type, at.Year, at.Serial)
	if errors.Is(err, series.ErrVoided) || errors.Is(err, problem.ErrNotFound) {
		d.Logger.LogAttrs(ctx, slog.LevelError, "a number in use is void or unknown in its series",
			slog.String("stream", f.Stream), slog.String("type", at.Type), slog.Int64("serial", at.Serial))
		return nil
	}
	return err
}
