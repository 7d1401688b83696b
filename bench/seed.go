package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the views of a data folder

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// eventsPerPermit is how many events a seeded application has on average.
const eventsPerPermit = 2.5

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
	if err := errors.Join(<-failed, r.ctx.Err()); err != nil {
		return err
	}
	head, err := client.Head(r.ctx)
	if err != nil {
		return err
	}
	return settleReactions(r.ctx, data, head)
}

var divisions = []string{"620602", "620621", "620622", "620623"}

// seedOne appends one application of the last days: every other one has just
// been submitted, the rest wait for a decision. None is so old that the ticker
// would act on it.
func seedOne(ctx context.Context, store es.Store, i int) error {
	id := uuid.Must(uuid.NewV7()).String()
	at := time.Now().UTC().Add(-time.Duration(i%1000) * time.Minute)
	class := permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	if i%3 == 0 {
		class = permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY
	}
	day := func(t time.Time) *commonv1.Date { return &commonv1.Date{Iso: t.Format("2006-01-02")} }
	events := []es.Event{
		&permitsv1.PermitApplicationOpened{
			FacilityId: uuid.NewString(), EnterpriseId: uuid.NewString(), Division: divisions[i%4], Uscc: "91620602MA7X2C8K89",
			SiteSequence: 1, UnitName: fmt.Sprintf("示例厂 %d", i), ManagementClass: class, Example: true,
		},
		&permitsv1.PermitApplicationSubmitted{
			Received: day(at), Content: &permitsv1.ApplicationContent{ManagementClass: class, Industry: "3099", ClassificationRow: 70, EiaNumber: "示例"},
		},
	}
	if i%2 == 1 {
		events = append(events, &permitsv1.PermitApplicationAccepted{DocumentNumber: "示例", Accepted: day(at.AddDate(0, 0, -i%20))})
	}
	meta := es.Meta{CommandID: id, CorrelationID: id, Actor: es.Actor{ID: uuid.NewString(), Role: "firm_admin"}, OccurredAt: at, RecordedAt: at, Client: "bench"}
	_, err := store.Append(ctx, es.StreamName("permit", id), 0, meta, events...)
	return err
}

// settleReactions says that every reaction has seen the log up to head: in
// life they keep up, and a seeded log would be all news to them.
func settleReactions(ctx context.Context, data string, head es.Position) (err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "views.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS readmodel_reaction (name TEXT NOT NULL PRIMARY KEY, position BIGINT NOT NULL)`); err != nil {
		return err
	}
	for _, name := range []string{"permit_sites", "permit_numbers", "identity_admission"} {
		if _, err := db.ExecContext(ctx, `INSERT INTO readmodel_reaction (name, position) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, head); err != nil {
			return err
		}
	}
	return nil
}
