// Package eia keeps the EIA files 环评 of construction projects (Code
// Arts. 95–113, Decree 682, Licensing Law).
//
//	eia-<uuid>   EiaOpened … EiaSelfAcceptanceReported   rules: approval/
//
// A command goes server_*.go ─▶ approval.X{…}.Decide ─▶ store, and comes back
// through the view (views/filelist), the reactions (policy.go: numbers in use,
// a new file for a major change) and the ticker (ticker.go: silence accepts,
// promises break). Screening against control units is the zoning department's
// (Screener). Start reading with [Server], then approval.Acts.
package eia
