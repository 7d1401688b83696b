// Package zoning keeps the control units with their access lists
// 三线一单、生态环境分区管控 and the plan-EIA register of parks 规划环评, and screens
// projects with both.
//
//	zoning-<uuid>   ControlEditionLoaded, ControlUnitEntered …   rules: edition/
//	park-<uuid>     ParkRecorded                                 rules: park/
//	                the judgement of a project                   rules: screening/
//
// An edition is loaded whole from a GeoJSON file, which its event names by
// hash, and holds from its first day until a later one does. What a screening
// said is stored by whoever asked for it, with the version of the list; which
// stored ones a new edition would judge otherwise, [Server.CompareEditions]
// tells from the view (views/lists).
//
// Start reading with [Server], then screening.Judge.
package zoning
