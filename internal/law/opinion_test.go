package law_test

import (
	"bytes"
	"testing"

	"shiyang/internal/law"
)

// The answer to a question that the law leaves open is switched by an edition
// of the readings, without code.
func TestAnEditionSwitchesAnOpinion(t *testing.T) {
	const id = "renewal-in-time-undecided"
	held, ok := law.Embedded().Opinion(id)
	if !ok || held.Choice != "deemed_renewed" || len(held.Basis) == 0 || held.Why.Zh == "" || held.Why.En == "" {
		t.Fatalf("held: %+v", held)
	}
	if _, ok := law.Embedded().Opinion("who-is-right"); ok {
		t.Error("an opinion that nobody loaded is held")
	}
	var content []byte
	for _, e := range law.Embedded().Editions(law.ListReadings) {
		content = e.Content()
	}
	switched := bytes.ReplaceAll(content, []byte("choice: deemed_renewed\n  others: [lapses]"), []byte("choice: lapses\n  others: [deemed_renewed]"))
	edition, err := law.ParseEdition(law.ListReadings, switched)
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := law.Embedded().With(edition).Opinion(id); other.Choice != "lapses" {
		t.Errorf("after the edition: %s", other.Choice)
	}
	broken := bytes.ReplaceAll(content, []byte("choice: deemed_renewed"), []byte("choice: ''"))
	if _, err := law.ParseEdition(law.ListReadings, broken); err == nil {
		t.Error("an opinion without an answer is loaded")
	}
}
