// Package registration is the department of registrations of discharge 排污登记
// and of the roll of sources 污染源名录 (Decree 736 Art. 24, Order 32 Art. 39, Code
// Art. 186, classification list of 2019).
//
//	stream             events (proto/permits/v1/registration_events.proto)  rules
//	registration-<id>  SourceTierDecided … DischargeRegistrationReplaced     tier/, form/
//	source-<uuid>      SourceListed … SourceReopened                         source/
//
// A registration has the id of its site. Its key is that of permits, so a site
// holds one of both: a permit application takes the site over, the registration
// stays in force until the grant and ends with it (policy.go). A source of the
// roll is tied to its site by credit code, and settled by what the site has.
//
// The package may import its own children, desk, the contracts and internal/*.
// Start with [Server].
package registration
