package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// eventsPerPermit is how many events each seeded application has.
const eventsPerPermit = 2

// unsealed stands in for the keyring: the seeded events hold no personal data.
type unsealed struct{}

var errPersonal = errors.New("seeded events hold no personal data")

func (unsealed) Seal(context.Context, string, []byte, []byte) (string, error) { return "", errPersonal }
func (unsealed) Open(context.Context, string, string, []byte) ([]byte, error) {
	return nil, errPersonal
}

// seedPermits appends applications to the journal of a data folder, straight
// through the store's protocol: the API would take hours.
func (r *run) seedPermits(data string, permits int) (err error) {
	store, err := eventstore.Open(eventstore.Options{Dir: filepath.Join(data, "journal"), MemTableBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Stop(context.WithoutCancel(r.ctx))) }()
	socket := filepath.Join(r.dir, "seed-"+uuid.NewString()[:8])
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	go func() { _ = store.Serve(listener) }()
	client, err := esdbstore.Dial(r.ctx, esdbstore.Config{URL: "unix://" + socket})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	events := esdbstore.NewStore(client, es.NewCodec(unsealed{}))
	var wait sync.WaitGroup
	failed := make(chan error, 64)
	for worker := range 64 {
		wait.Go(func() {
			for i := worker; i < permits && r.ctx.Err() == nil; i += 64 {
				if err := seedOne(r.ctx, events, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(failed)
	return errors.Join(<-failed, r.ctx.Err())
}

var divisions = []string{"620602", "620621", "620622", "620623"}

func seedOne(ctx context.Context, store es.Store, i int) error {
	id := uuid.Must(uuid.NewV7()).String()
	at := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC).Add(time.Duration(i%(300*24)) * time.Hour)
	class := permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	if i%3 == 0 {
		class = permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY
	}
	meta := es.Meta{CommandID: id, CorrelationID: id, Actor: es.Actor{ID: uuid.NewString(), Role: "firm_admin"}, OccurredAt: at, RecordedAt: at, Client: "bench"}
	_, err := store.Append(ctx, es.StreamName("permit", id), 0, meta,
		&permitsv1.PermitApplicationOpened{
			FacilityId: uuid.NewString(), EnterpriseId: uuid.NewString(), Division: divisions[i%4], Uscc: "91620602MA7X2C8K89",
			SiteSequence: 1, UnitName: fmt.Sprintf("示例厂 %d", i), ManagementClass: class, Example: true,
		},
		&permitsv1.PermitApplicationSubmitted{
			Received: &commonv1.Date{Iso: at.Format("2006-01-02")},
			Content:  &permitsv1.ApplicationContent{ManagementClass: class, Industry: "3099", ClassificationRow: 70, EiaNumber: "示例"},
		})
	return err
}
