package rights

const disclosure = "/permits.v1.DisclosureService/"

// disclosurePolicy opens the public register to everybody: what may be read
// there is decided field by field when an entry is published.
var disclosurePolicy = []Rule{
	{Method: disclosure + "SearchEntries", Roles: everyone, Scope: None, Public: true},
	{Method: disclosure + "GetEntry", Roles: everyone, Scope: None, Public: true},
	{Method: disclosure + "ListChanges", Roles: everyone, Scope: None, Public: true},
	{Method: disclosure + "ListPublishRules", Roles: everyone, Scope: None, Public: true},
	{Method: disclosure + "ExportEntries", Roles: everyone, Scope: None, Public: true},
}
