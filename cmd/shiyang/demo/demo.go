package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/importer"
	"shiyang/internal/law"
)

// Admin is the first account of the bureau, which made all the others.
type Admin struct{ Login, Password string }

// maker makes one demo bureau.
type maker struct {
	api      *apiclient.Client // nobody signed in
	days     calendar
	signs    []SignIn
	clerk    hired
	examiner hired
	decider  hired
	head     hired
	officers []hired
}

// Make makes the demo bureau behind an API and returns a sign-in for each
// role. The administrator must exist; now is the bureau's clock.
func Make(ctx context.Context, base string, admin Admin, now func() time.Time) ([]SignIn, error) {
	m := &maker{api: apiclient.New(base)}
	m.api.Name = "import"
	m.days = calendar{law.Embedded().Calendar(), law.DateOf(now()), now()}
	m.signs = []SignIn{{"系统管理", "system administrator", admin.Login, admin.Password}}
	administrator, err := m.signIn(ctx, admin.Login, admin.Password)
	if err != nil {
		return nil, err
	}
	for _, d := range staff {
		h, err := m.hire(ctx, administrator, d)
		if err != nil {
			return nil, err
		}
		m.place(d.role, h)
	}
	if err := m.bringPlan(ctx); err != nil {
		return nil, err
	}
	var all []founded
	for _, f := range firms {
		one, err := m.found(ctx, f)
		if err != nil {
			return nil, err
		}
		if err := m.tell(ctx, one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if err := m.bringEia(ctx, all); err != nil {
		return nil, err
	}
	if err := m.bringRegistrations(ctx); err != nil {
		return nil, err
	}
	return m.signs, nil
}

func (m *maker) place(role string, h hired) {
	switch role {
	case "permit_clerk":
		m.clerk = h
	case "permit_examiner":
		m.examiner = h
	case "permit_decider":
		m.decider = h
	case "head":
		m.head = h
	case "officer":
		m.officers = append(m.officers, h)
	}
}

// bringPlan imports what the plan says, signed in as the clerk.
func (m *maker) bringPlan(ctx context.Context) error {
	for _, part := range []struct {
		table importer.Table
		rows  func() ([]importer.Row, error)
	}{{importer.Places, places}, {importer.Indicators, indicators}, {importer.Facilities, facilities}} {
		rows, err := part.rows()
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		report, err := part.table.Send(ctx, m.clerk.Client, rows, func() {})
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		for _, r := range report.Refused {
			err = errors.Join(err, fmt.Errorf("plan: %s line %d: %s %s", part.table.Name, r.Line, r.Path, r.Message))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
