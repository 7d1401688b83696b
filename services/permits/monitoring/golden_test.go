package monitoring_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

const (
	meterID    = "0199c0de-0000-5000-8000-0000000000d1"
	facilityID = "0199c0de-0000-7000-8000-0000000000a1"
	firmID     = "0199c0de-0000-7000-8000-0000000000f1"
	permitID   = "0199c0de-0000-7000-8000-0000000000c1"
	stackMN    = "62060200A0000100000000A1"
)

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

// What was stored once must stay readable: the samples set every field.
func TestGoldenEvents(t *testing.T) {
	hour := timestamppb.New(time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC))
	reading := &permitsv1.MeterReading{
		Pollutant: "a21026", Avg: "28.2", Min: "24.1", Max: "33.0", Cou: "4.3120", ZsAvg: "29.6", ZsMin: "25.0", ZsMax: "34.1", Flag: "N",
	}
	limit := &permitsv1.OutletLimit{
		PermitId: permitID, PermitNumber: "91620602MA7X2C8K89001P", PermitRevision: 9, Concentration: "20", Unit: "mg/m3",
		Averaging: "hour", Standard: "GB 13271-2014",
	}
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata",
		&permitsv1.MeterRegistered{
			Mn: stackMN, FacilityId: facilityID, EnterpriseId: firmID, Division: "620602", UnitName: "武威示例热力有限公司",
			Outlet: "DA001", System: "31", Protocol: "HJ 212-2017", Example: true,
		},
		&permitsv1.MeterPasswordSet{Hash: "$argon2id$v=19$m=8192,t=1,p=1$c2FsdA$aGFzaA"},
		&permitsv1.MeterInstalled{On: day("2026-02-01")},
		&permitsv1.MeterLinked{On: day("2026-02-02"), Qn: "20260202101500123"},
		&permitsv1.MeterLinkAccepted{On: day("2026-02-20"), Document: "武环监验〔2026〕1号"},
		&permitsv1.MeterSuspended{Reason: "停产检修", From: day("2026-05-01")},
		&permitsv1.MeterResumed{Reason: "恢复生产"},
		&permitsv1.MeterReplaced{ByMeterId: "0199c0de-0000-5000-8000-0000000000d2", Reason: "设备老化"},
		&permitsv1.MeterFellSilent{LastHeard: hour, AfterHours: 6},
		&permitsv1.MeterHeardAgain{Heard: hour},
		&permitsv1.MeterPeriodReported{
			MeterId: meterID, Mn: stackMN, FacilityId: facilityID, Outlet: "DA001", Period: permitsv1.MeterPeriod_METER_PERIOD_HOUR,
			From: hour, Qn: "20260310110005456", Readings: []*permitsv1.MeterReading{reading}, Frames: []string{"##0123QN=…;PW=******;…&&1C80"},
			Replaces: 3, EnterpriseId: firmID, Division: "620602",
		},
		&permitsv1.MeterReadingReflagged{
			MeterId: meterID, Period: permitsv1.MeterPeriod_METER_PERIOD_HOUR, From: hour, Pollutant: "a21026", Before: "N", Flag: "C",
			Reason: "校准期间", Corrects: 4,
		},
		&permitsv1.ExceedanceFound{
			MeterId: meterID, FacilityId: facilityID, EnterpriseId: firmID, Division: "620602", Outlet: "DA001", Pollutant: "a21026",
			Period: permitsv1.MeterPeriod_METER_PERIOD_HOUR, From: hour, Value: "29.6", Unit: "mg/m3", Converted: true, Flag: "N",
			Limit: limit, ReportedIn: "metermonth-0199c0de-0000-5000-8000-0000000000e1", ReportedAt: 4, Example: true,
		},
		&permitsv1.ExceedanceWithdrawn{Reason: "校准期间", CorrectedIn: "metermonth-0199c0de-0000-5000-8000-0000000000e1", CorrectedAt: 5},
		&permitsv1.AnnualMassReached{
			FacilityId: facilityID, EnterpriseId: firmID, Division: "620602", Pollutant: "a21026", Year: 2026, Percent: 80,
			MassGrams: 10_000_000, LimitGrams: 12_500_000, PermitId: permitID, PermitNumber: "91620602MA7X2C8K89001P",
		},
		&permitsv1.MeterPlanned{
			Year: 2026, FacilityId: facilityID, EnterpriseId: firmID, Division: "620602", UnitName: "武威示例热力有限公司", Outlet: "DA001",
			Due: day("2026-09-30"), Basis: "2026年环境监管重点单位名录", Example: true,
		},
		&permitsv1.MeterPlanWithdrawn{Reason: "企业关停"},
	)
	estest.EveryEventHasGolden(t, permitsv1.File_permits_v1_monitoring_events_proto, "testdata")
}
