// Package monitoring is the department of automatic monitoring 自动监测: meters,
// what they say, and what follows from it (Decree 736 Arts. 19–22, 34).
//
//	meters ─▶ wire/ ─▶ Server.Take ─┬▶ real-time and minute data: Deps.Minutes, beside the log
//	files ──▶ ImportFrames ─────────┘└▶ hours and days: facts, one stream a meter and month
//	                                          │
//	              views/readings ◀────────────┴▶ reaction: above the limit ─▶ exceedance (a lead)
//	                    └▶ jobs: the mass of the year at 80, 90, 100 %; meters that fell silent
//
//	frame/     bytes of HJ 212-2017 ↔ packets
//	wire/      listens over TCP, answers
//	meter/     the register of meters 数采仪
//	period/    what meters said of hours and days, and corrections of flags
//	finding/   readings above a limit, the mass of a year
//	plan/      the yearly plan of meters
//	views/     read models: registry, readings, findings
//
// A frame is taken when its meter is registered and speaks, its password is
// right, and its system is that of the outlet; else it is answered with the
// code of the standard and is nothing. The same frame again changes nothing:
// the id of a command comes from the meter, the period and what it says.
//
// Start with [Server.Take], then policy.go and ticker.go.
package monitoring
