// Package k8s renders the overlays of deploy/k8s in this process and holds
// them to the rules of the house: what a reviewer would otherwise look for by
// eye is a table of small checks.
//
//	overlay ─▶ Render ─▶ Decode (strict: an unknown field is an error) ─▶ Set ─▶ Rules
//
// A [Rule] says what it looks for and what to do; a finding names the object.
// testdata/bad.yaml breaks every rule, so that no rule can pass by looking at
// nothing. It is a module of its own: nobody who builds the product needs
// Kubernetes' libraries. Run it with -count=1: the test cache does not see
// what was read outside of this module.
//
// Start reading with [Rules]; then rules_pod.go, rules_network.go and
// rules_settings.go.
package k8s
