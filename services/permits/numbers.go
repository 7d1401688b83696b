package permits

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/rpc"
)

// The documents of this service that carry a number 文号, by their ids in the
// law data, which also names their prefix.
const (
	docAcceptance = "permit-acceptance"         // 武环许受
	docDeficiency = "permit-deficiency"         // 武环许补
	docDeclined   = "permit-rejection-at-entry" // 武环许不受
	docExclusion  = "permit-time-exclusion"     // 武环许时
	docGrant      = "permit-grant-decision"     // 武环许
	docRefusal    = "permit-refusal"            // 武环不许
)

var numberedDocuments = []string{docAcceptance, docDeficiency, docDeclined, docExclusion, docGrant, docRefusal}

const prefecture = "620600"

// branches are the marks of the county branches in document numbers: 武环(凉)….
var branches = map[string]string{"620602": "凉", "620621": "民", "620622": "古", "620623": "天"}

// organOf is the organ whose series a document counts in. Decisions on permits
// are the prefecture's (Decree 736 Art. 6); procedural notices count where
// their signer sits.
func (s *Server) organOf(kind string, who rpc.Caller) string {
	if kind == docGrant || kind == docRefusal {
		return s.practice.DecisionOrgan
	}
	if branches[who.Actor.County] != "" {
		return who.Actor.County
	}
	return prefecture
}

// draw takes the next number of a document's series: gap-free per organ, type
// and year. The same command gets the same number again.
func (s *Server) draw(ctx context.Context, c call, kind string) (string, error) {
	who, err := caller(ctx)
	if err != nil {
		return "", err
	}
	meta, occasion, err := s.meta(ctx, c.occurredAt)
	if err != nil {
		return "", err
	}
	organ := s.organOf(kind, who)
	serial, err := s.numbers.Next(ctx, meta, organ, kind, occasion.On.Year, es.StreamName(categoryPermit, c.id))
	if err != nil {
		return "", fmt.Errorf("draw number of %s: %w", kind, err)
	}
	document, ok := occasion.Law.On(occasion.On).DocumentType(kind)
	if !ok {
		return "", fmt.Errorf("number of %s: no such document type in the law data", kind)
	}
	return identifier.DocumentNumber{
		Branch: branches[organ], Kind: strings.TrimPrefix(document.NumberPrefix, "武环"),
		Year: occasion.On.Year, Serial: int(serial),
	}.String(), nil
}

// numberedSeries is where a document number was drawn.
type numberedSeries struct {
	organ, kind string
	year        int
	serial      int64
}

// readNumber finds the series of a document number that this service drew.
func readNumber(number string, lists law.View) (numberedSeries, bool) {
	parsed, findings := identifier.ParseDocumentNumber(number)
	if law.HasError(findings) {
		return numberedSeries{}, false
	}
	i := slices.IndexFunc(numberedDocuments, func(kind string) bool {
		document, ok := lists.DocumentType(kind)
		return ok && document.NumberPrefix == "武环"+parsed.Kind
	})
	if i < 0 {
		return numberedSeries{}, false
	}
	organ := prefecture
	for division, mark := range branches {
		if mark == parsed.Branch {
			organ = division
		}
	}
	return numberedSeries{organ, numberedDocuments[i], parsed.Year, int64(parsed.Serial)}, true
}
