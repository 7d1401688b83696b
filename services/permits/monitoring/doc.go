// Package monitoring is the department of automatic monitoring 自动监测: meters,
// what they say, and what follows from it.
//
//	frame/     bytes of HJ 212-2017 ↔ packets
//	meter/     the register of meters 数采仪
//	period/    what meters said of hours and days, and corrections of flags
//	finding/   readings above a limit, the mass of a year
//	plan/      the yearly plan of meters
package monitoring
