package es_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

const otherID = "0191d3a0-0000-7000-8000-0000000000ff"

// siteEvent holds two persons, nested two levels deep.
func siteEvent() *permitsv1.FacilityRegistered {
	return &permitsv1.FacilityRegistered{
		EnterpriseId: "firm", SiteSequence: 1,
		Site: &permitsv1.SiteContent{
			UnitName: "示例化工", SiteAddress: "示例路 1 号", Division: "620602",
			LegalRepresentative: &commonv1.Person{Id: personID, Name: "王秀英", Phone: "13900000000"},
			Contact:             &commonv1.Person{Id: otherID, Name: "李建国"},
		},
	}
}

func TestPersonalFieldsAreStoredSealed(t *testing.T) {
	keys := new(estest.Keyring)
	codec := es.NewCodec(keys)
	event := siteEvent()
	typ, data, err := codec.Encode(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(event, siteEvent()) {
		t.Error("encoding changed the event")
	}
	for _, secret := range []string{"王秀英", "13900000000", "李建国"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("stored in the clear: %s", data)
		}
	}
	if !strings.Contains(string(data), "示例化工") {
		t.Errorf("the firm's name is not personal: %s", data)
	}
	got, err := codec.Decode(t.Context(), typ, data)
	if err != nil || !proto.Equal(got, event) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestErasedPersonReadsAsNothing(t *testing.T) {
	keys := new(estest.Keyring)
	codec := es.NewCodec(keys)
	typ, data, err := codec.Encode(t.Context(), siteEvent())
	if err != nil {
		t.Fatal(err)
	}
	keys.Erase(personID)
	want := siteEvent()
	want.Site.LegalRepresentative = &commonv1.Person{Id: personID}
	got, err := codec.Decode(t.Context(), typ, data)
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, _, err := codec.Encode(t.Context(), siteEvent()); !errors.Is(err, es.ErrErased) {
		t.Errorf("an erased person was written again: %v", err)
	}
	if _, _, err := codec.Encode(t.Context(), want); err != nil {
		t.Errorf("what is left of an erased person cannot be written: %v", err)
	}
}

// A sealed value counts only where it was sealed: moved to another person,
// field or event it does not open.
func TestSealedFieldsCannotBeMoved(t *testing.T) {
	codec := es.NewCodec(new(estest.Keyring))
	typ, data, err := codec.Encode(t.Context(), siteEvent())
	if err != nil {
		t.Fatal(err)
	}
	for name, moved := range map[string]string{
		"person": strings.ReplaceAll(string(data), personID, otherID),
		"field":  strings.Replace(string(data), `"legalRepresentative":`, `"contact":`, 1),
		"plain":  `{"site":{"contact":{"id":"` + personID + `","name":"王秀英"}}}`,
	} {
		if name == "field" {
			moved = moved[:strings.Index(moved, `,"contact":{"id":"`+otherID)] + "}}"
		}
		if got, err := codec.Decode(t.Context(), typ, []byte(moved)); err == nil {
			t.Errorf("moved to another %s it reads as %v", name, got)
		} else if strings.Contains(err.Error(), "王") {
			t.Errorf("the error tells the name: %v", err)
		}
	}
	if got, err := codec.Decode(t.Context(), "permits.v1.FacilityChanged", data); err == nil {
		t.Errorf("moved to another event it reads as %v", got)
	}
}

func TestPersonalFieldNeedsItsPerson(t *testing.T) {
	codec := es.NewCodec(new(estest.Keyring))
	_, _, err := codec.Encode(t.Context(), &identityv1.AccountRegistered{Login: "x", Person: &commonv1.Person{Name: "王秀英"}})
	if err == nil || !strings.Contains(err.Error(), "person.name") {
		t.Errorf("error = %v", err)
	}
}

func TestEqualEventsGiveEqualBytes(t *testing.T) {
	codec := es.NewCodec(new(estest.Keyring))
	_, first, err := codec.Encode(t.Context(), siteEvent())
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		_, again, err := es.NewCodec(new(estest.Keyring)).Encode(t.Context(), siteEvent())
		if err != nil || string(again) != string(first) {
			t.Fatalf("%v\n%s\n%s", err, first, again)
		}
	}
	if strings.ContainsAny(string(first), " \n") && !strings.Contains(string(first), "示例路 1 号") {
		t.Errorf("not compact: %s", first)
	}
}

// Maps have no order, so no event may hold one.
func TestEventsWithMapsAreRefused(t *testing.T) {
	codec := es.NewCodec(nil)
	withMap := mapMessage(t)
	if _, _, err := codec.Encode(t.Context(), withMap); err == nil || !strings.Contains(err.Error(), "map") {
		t.Errorf("error = %v", err)
	}
}

func TestUnknownTypesAndDamage(t *testing.T) {
	codec := es.NewCodec(nil)
	if _, err := codec.Decode(t.Context(), "later.v9.LockMelted", []byte(`{}`)); !errors.Is(err, es.ErrUnknownEvent) {
		t.Errorf("error = %v", err)
	}
	if _, err := codec.Decode(t.Context(), "common.v1.NumberUsed", []byte(`{"serial":`)); err == nil || errors.Is(err, es.ErrUnknownEvent) {
		t.Errorf("damaged data: %v", err)
	}
}

func TestFieldsOfNewerProgramsAreIgnored(t *testing.T) {
	codec := es.NewCodec(nil)
	got, err := codec.Decode(t.Context(), "common.v1.NumberVoided", []byte(`{"serial":"7","later":{"a":[1]},"reason":"x"}`))
	if err != nil || !proto.Equal(got, &commonv1.NumberVoided{Serial: 7, Reason: "x"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUpcastsAreFollowed(t *testing.T) {
	codec := es.NewCodec(nil)
	es.Upcast(codec, func(old *commonv1.NumberUsed) *commonv1.NumberVoided {
		return &commonv1.NumberVoided{Serial: old.GetSerial(), Reason: "lifted"}
	})
	es.Upcast(codec, func(old *commonv1.NumberVoided) *commonv1.PersonErased {
		return &commonv1.PersonErased{Reason: old.GetReason()}
	})
	got, err := codec.Decode(t.Context(), "common.v1.NumberUsed", []byte(`{"serial":"7"}`))
	if err != nil || !proto.Equal(got, &commonv1.PersonErased{Reason: "lifted"}) {
		t.Errorf("got %v, %v", got, err)
	}
	// Only reading lifts; what is written stays what it is.
	if typ, _, err := codec.Encode(t.Context(), &commonv1.NumberUsed{Serial: 7}); err != nil || typ != "common.v1.NumberUsed" {
		t.Errorf("wrote %s, %v", typ, err)
	}
}

func BenchmarkCodec(b *testing.B) {
	codec := es.NewCodec(new(estest.Keyring))
	for name, event := range map[string]es.Event{
		"plain":    &commonv1.KeyReserved{Kind: "permit-site", Key: "k", Holder: permitStream, ReservationId: reservationID},
		"personal": siteEvent(),
	} {
		typ, data, err := codec.Encode(b.Context(), event)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("encode/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := codec.Encode(b.Context(), event); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Decode(b.Context(), typ, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
