// Package registry is the read model of what must be measured and by what:
// meters 数采仪 with where they stand, the yearly plan, and of every permit the
// limits of its versions and the outlets that need automatic monitoring.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package registry

import (
	"context"
	"fmt"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

// Name of the view, for waiting readers.
const Name = "meter_registry"

const (
	meters  = "meter_registry_meters_v1"
	plan    = "meter_registry_plan_v1"
	permits = "meter_registry_permits_v1"
	limits  = "meter_registry_limits_v1"
	duties  = "meter_registry_duties_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{meters, plan, permits, limits, duties},
		Schema: []string{
			`CREATE TABLE ` + meters + ` (meter_id TEXT NOT NULL PRIMARY KEY, mn TEXT NOT NULL, facility_id TEXT NOT NULL,
				enterprise_id TEXT NOT NULL, division TEXT NOT NULL, unit_name TEXT NOT NULL, outlet TEXT NOT NULL, system TEXT NOT NULL,
				protocol TEXT NOT NULL, example INTEGER NOT NULL, installed TEXT NOT NULL, linked TEXT NOT NULL, accepted TEXT NOT NULL,
				suspended INTEGER NOT NULL, replaced_by TEXT NOT NULL, silent INTEGER NOT NULL, last_period BIGINT NOT NULL, revision BIGINT NOT NULL)`,
			`CREATE INDEX meter_registry_meters_v1_name ON ` + meters + ` (unit_name, meter_id)`,
			`CREATE INDEX meter_registry_meters_v1_division ON ` + meters + ` (division, unit_name, meter_id)`,
			`CREATE INDEX meter_registry_meters_v1_firm ON ` + meters + ` (enterprise_id, unit_name, meter_id)`,
			`CREATE INDEX meter_registry_meters_v1_facility ON ` + meters + ` (facility_id, outlet)`,
			`CREATE TABLE ` + plan + ` (entry_id TEXT NOT NULL PRIMARY KEY, year INTEGER NOT NULL, facility_id TEXT NOT NULL,
				enterprise_id TEXT NOT NULL, division TEXT NOT NULL, unit_name TEXT NOT NULL, outlet TEXT NOT NULL, due TEXT NOT NULL,
				basis TEXT NOT NULL, example INTEGER NOT NULL, withdrawn INTEGER NOT NULL)`,
			`CREATE INDEX meter_registry_plan_v1_year ON ` + plan + ` (year, due, entry_id)`,
			`CREATE TABLE ` + permits + ` (permit_id TEXT NOT NULL PRIMARY KEY, facility_id TEXT NOT NULL, enterprise_id TEXT NOT NULL,
				division TEXT NOT NULL, unit_name TEXT NOT NULL, permit_number TEXT NOT NULL, ended TEXT NOT NULL, example INTEGER NOT NULL)`,
			`CREATE INDEX meter_registry_permits_v1_facility ON ` + permits + ` (facility_id)`,
			`CREATE TABLE ` + limits + ` (permit_id TEXT NOT NULL, revision BIGINT NOT NULL, n INTEGER NOT NULL, from_day TEXT NOT NULL,
				outlet TEXT NOT NULL, pollutant TEXT NOT NULL, concentration TEXT NOT NULL, unit TEXT NOT NULL, averaging INTEGER NOT NULL,
				mass_grams BIGINT NOT NULL, standard TEXT NOT NULL, PRIMARY KEY (permit_id, revision, n))`,
			`CREATE TABLE ` + duties + ` (permit_id TEXT NOT NULL, outlet TEXT NOT NULL, PRIMARY KEY (permit_id, outlet))`,
		},
		Handlers: append(meterHandlers(), permitHandlers()...),
	}
}

func meterHandlers() []readmodel.Handler {
	return []readmodel.Handler{
		readmodel.On(onRegistered), readmodel.On(onPlanned), readmodel.On(onPeriod),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterPasswordSet) error {
			return set(ctx, tx, f, "suspended = suspended")
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterInstalled) error {
			return set(ctx, tx, f, "installed = $3", e.GetOn().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterLinked) error {
			return set(ctx, tx, f, "linked = $3", e.GetOn().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterLinkAccepted) error {
			return set(ctx, tx, f, "accepted = $3", e.GetOn().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterSuspended) error {
			return set(ctx, tx, f, "suspended = 1")
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterResumed) error {
			return set(ctx, tx, f, "suspended = 0")
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterReplaced) error {
			return set(ctx, tx, f, "replaced_by = $3", e.GetByMeterId())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterFellSilent) error {
			return set(ctx, tx, f, "silent = 1")
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterHeardAgain) error {
			return set(ctx, tx, f, "silent = 0")
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.MeterPlanWithdrawn) error {
			_, err := tx.ExecContext(ctx, `UPDATE `+plan+` SET withdrawn = 1 WHERE entry_id = $1`, f.ID)
			return err
		}),
	}
}

// set changes columns of the meter that a fact is about; $1 and $2 are its id
// and revision.
func set(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, columns string, args ...any) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+meters+` SET revision = $2, `+columns+` WHERE meter_id = $1`,
		append([]any{f.ID, int64(f.Revision)}, args...)...)
	return err
}

func onRegistered(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterRegistered) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+meters+` (meter_id, mn, facility_id, enterprise_id, division, unit_name, outlet, system,
		protocol, example, installed, linked, accepted, suspended, replaced_by, silent, last_period, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', 0, '', 0, 0, $11)`, f.ID, e.GetMn(), e.GetFacilityId(),
		e.GetEnterpriseId(), e.GetDivision(), e.GetUnitName(), e.GetOutlet(), e.GetSystem(), e.GetProtocol(), truth(e.GetExample()), int64(f.Revision))
	return err
}

func onPlanned(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterPlanned) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+plan+` (entry_id, year, facility_id, enterprise_id, division, unit_name, outlet, due, basis,
		example, withdrawn) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
		ON CONFLICT (entry_id) DO UPDATE SET due = excluded.due, basis = excluded.basis, withdrawn = 0`, f.ID, e.GetYear(),
		e.GetFacilityId(), e.GetEnterpriseId(), e.GetDivision(), e.GetUnitName(), e.GetOutlet(), e.GetDue().GetIso(), e.GetBasis(), truth(e.GetExample()))
	return err
}

func onPeriod(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *permitsv1.MeterPeriodReported) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+meters+` SET last_period = $2 WHERE meter_id = $1 AND last_period < $2`,
		e.GetMeterId(), e.GetFrom().GetSeconds())
	return err
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func permitHandlers() []readmodel.Handler {
	return []readmodel.Handler{
		readmodel.On(onOpened), readmodel.On(onIssued), readmodel.On(onVersion), readmodel.On(onAssigned), readmodel.On(onChanged),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PlatformNumberEntered) error {
			_, err := tx.ExecContext(ctx, `UPDATE `+permits+` SET permit_number = $2 WHERE permit_id = $1`, f.ID, e.GetPermitNumber())
			return err
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitExpired) error {
			return end(ctx, tx, f, e.GetLastDay().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitForfeited) error {
			return end(ctx, tx, f, e.GetFrom().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitRevoked) error {
			return end(ctx, tx, f, e.GetFrom().GetIso())
		}),
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitCancelled) error {
			return end(ctx, tx, f, e.GetOn().GetIso())
		}),
	}
}

func onOpened(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+permits+` (permit_id, facility_id, enterprise_id, division, unit_name, permit_number, ended, example)
		VALUES ($1, $2, $3, $4, $5, '', '', $6)`, f.ID, e.GetFacilityId(), e.GetEnterpriseId(), e.GetDivision(), e.GetUnitName(), truth(e.GetExample()))
	return err
}

func onIssued(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitIssued) error {
	if _, err := tx.ExecContext(ctx, `UPDATE `+permits+` SET permit_number = $2 WHERE permit_id = $1`, f.ID, e.GetPermitNumber()); err != nil {
		return err
	}
	return content(ctx, tx, f, e.GetValidFrom().GetIso(), e.GetContent())
}

// onVersion takes what the permit says from a day on. A term that begins again
// ends an earlier end.
func onVersion(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.PermitVersionIssued) error {
	if _, err := tx.ExecContext(ctx, `UPDATE `+permits+` SET ended = '' WHERE permit_id = $1`, f.ID); err != nil {
		return err
	}
	return content(ctx, tx, f, e.GetFrom().GetIso(), e.GetContent())
}

// content enters the limits of one version, and which outlets need automatic
// monitoring by the latest.
func content(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, from string, c *permitsv1.ApplicationContent) error {
	for n, l := range c.GetLimits() {
		if _, err := tx.ExecContext(ctx, `INSERT INTO `+limits+` (permit_id, revision, n, from_day, outlet, pollutant, concentration, unit,
			averaging, mass_grams, standard) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, f.ID, int64(f.Revision), n, from, l.GetOutlet(),
			l.GetPollutant(), l.GetConcentration(), l.GetUnit(), int32(l.GetAveraging()), l.GetMassGramsPerYear(), l.GetStandard()); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+duties+` WHERE permit_id = $1`, f.ID); err != nil {
		return err
	}
	for _, m := range c.GetMonitoring() {
		if !m.GetAutomatic() {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO `+duties+` (permit_id, outlet) VALUES ($1, $2) ON CONFLICT (permit_id, outlet) DO NOTHING`,
			f.ID, m.GetOutlet()); err != nil {
			return err
		}
	}
	return nil
}

func end(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, day string) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+permits+` SET ended = $2 WHERE permit_id = $1`, f.ID, day)
	return err
}

func onAssigned(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.FacilityAssigned) error {
	return eachTable(ctx, tx, "enterprise_id = $2", f.ID, e.GetEnterpriseId())
}

func onChanged(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.FacilityChanged) error {
	return eachTable(ctx, tx, "unit_name = $2", f.ID, e.GetSite().GetUnitName())
}

func eachTable(ctx context.Context, tx readmodel.Tx, column, facility, value string) error {
	for _, table := range []string{meters, plan, permits} {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s WHERE facility_id = $1`, table, column), facility, value); err != nil {
			return err
		}
	}
	return nil
}
