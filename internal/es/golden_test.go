package es_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
)

const (
	permitStream  = "permit-0191d3a0-0000-7000-8000-000000000001"
	reservationID = "0191d3a0-0000-7000-8000-000000000002"
	commandID     = "0191d3a0-0000-7000-8000-000000000003"
	personID      = "0191d3a0-0000-7000-8000-000000000004"
)

// commonEvents are samples of the facts that belong to no single service.
func commonEvents() []es.Event {
	return []es.Event{
		&commonv1.KeyReserved{Kind: "permit-site", Key: "91620600MA7EXAMPLE", Holder: permitStream, ReservationId: reservationID},
		&commonv1.KeyReservationConfirmed{ReservationId: reservationID},
		&commonv1.KeyReservationReleased{ReservationId: reservationID, Reason: "refused"},
		&commonv1.NumbersReserved{Organ: "620600", Type: "permit-acceptance", Year: 2026, Reservations: []*commonv1.NumberReservation{
			{Serial: 1, CommandId: commandID, Holder: permitStream}, {Serial: 2, CommandId: reservationID, Holder: permitStream},
		}},
		&commonv1.NumberUsed{Serial: 1},
		&commonv1.NumberVoided{Serial: 2, Reason: "unused"},
		&commonv1.LawEditionLoaded{
			List: "working_days", Edition: "2026-11-23",
			ValidFrom: &commonv1.Date{Iso: "2026-01-01"}, ValidTo: &commonv1.Date{Iso: "2026-12-31"},
			Content: &commonv1.Attachment{Sha256: "00ff", Size: 1 << 40, MediaType: "text/csv", Kind: "law-data", Title: "节假日 <2026> & more.csv"},
			State:   "complete", Source: "国务院办公厅",
		},
		&commonv1.PersonErased{Subject: personID, Reason: "PIPL Art. 47"},
	}
}

func TestGoldenEvents(t *testing.T) {
	codec := es.NewCodec(new(estest.Keyring))
	estest.Golden(t, codec, "testdata", commonEvents()...)
	estest.EveryEventHasGolden(t, commonv1.File_common_v1_events_proto, "testdata")
}

// Sealed fields of a person, in place and in lists, have golden bytes too.
func TestGoldenPerson(t *testing.T) {
	estest.Golden(t, es.NewCodec(new(estest.Keyring)), "testdata",
		&commonv1.Person{Id: personID, Name: "王秀英", Phone: "13900000000"})
}

func TestGoldenMetadata(t *testing.T) {
	beijing := time.FixedZone("CST", 8*3600)
	full := es.Meta{
		CorrelationID: "0191d3a0-0000-7000-8000-000000000005", CausationID: "0191d3a0-0000-7000-8000-000000000006",
		CommandID: commandID, CommandHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Actor: es.Actor{
			ID: personID, Role: "permit_clerk", Org: "620600", County: "620602",
			OnBehalfOf: []string{"0191d3a0-0000-7000-8000-000000000007"},
		},
		OccurredAt: time.Date(2026, 11, 22, 9, 30, 0, 0, beijing), RecordedAt: time.Date(2026, 11, 23, 12, 0, 0, 123456000, beijing),
		LawVersion: "2026-11-23", Client: "web",
	}
	least := es.Meta{CommandID: commandID, CommandHash: "00", Actor: es.Actor{ID: "system:ticker", Role: "system"}, OccurredAt: noon, RecordedAt: noon}
	for name, meta := range map[string]es.Meta{"metadata.full.json": full, "metadata.least.json": least} {
		data, err := es.EncodeMeta(meta)
		if err != nil {
			t.Fatal(err)
		}
		estest.Bytes(t, "testdata/"+name, data)
		got, err := es.DecodeMeta(data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := es.EncodeMeta(got)
		if err != nil || string(again) != string(data) || !got.OccurredAt.Equal(meta.OccurredAt) || !got.RecordedAt.Equal(meta.RecordedAt) {
			t.Errorf("%s reads as %+v, %v", name, got, err)
		}
	}
}

func TestMetadataOfNewerProgramsIsRead(t *testing.T) {
	got, err := es.DecodeMeta([]byte(`{"commandId":"c","commandHash":"h","actor":{"id":"a","role":"r","later":1},"occurredAt":"2026-11-23T04:00:00Z","recordedAt":"2026-11-23T04:00:00Z","later":{}}`))
	if err != nil || got.CommandID != "c" || !got.RecordedAt.Equal(noon) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := es.DecodeMeta([]byte(`{`)); err == nil {
		t.Error("damaged metadata was read")
	}
}

// Every sample sets every field, so that its golden file guards all of them.
func TestSamplesAreComplete(t *testing.T) {
	for _, e := range commonEvents() {
		m := proto.CloneOf(e).ProtoReflect()
		for i := range m.Descriptor().Fields().Len() {
			if f := m.Descriptor().Fields().Get(i); !m.Has(f) {
				t.Errorf("sample of %s leaves out %s", es.TypeName(e), f.Name())
			}
		}
	}
}
