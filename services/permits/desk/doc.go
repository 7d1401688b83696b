// Package desk is what every department of the permits service stands on 办事
// 窗口: how a command of any record is authorised, timed, numbered and told
// back, so that a department holds only its own law.
//
//	desk.New(deps, "permits.v1.RegistrationService")
//	   │
//	   ├ NewRecords(desk, Kind{…})   the records of one category
//	   │    Act, Numbered            a command: authority on the real record, receipt
//	   │    Open                     a record that the caller may read
//	   │    (Category)               its history, for RecordHistoryService
//	   ├ Deadline, Brief, Actions    a clock, a legal act, as the API shows them
//	   ├ Reacting, Ticking           metadata of what facts and time bring about
//	   └ UsesNumber                  a reaction: the number of a document is in use
//
// Pure rules of a department import only desk/act. The package may import its
// own children, the sites (services/permits/facility), the contracts and
// internal/*. Start with [Desk], then [Records]; [Archive] answers for the
// histories of all departments together.
package desk
