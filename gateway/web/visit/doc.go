// Package visit 来访 holds what the pages of every department need, so that a
// department writes only what is its own: its texts, its forms, its parts of
// pages, and one function per page.
//
//	request ─▶ Portal (language, session, rights) ─▶ Visit ─▶ page function
//	        ─▶ the department's gRPC client ─▶ Show, or a Task and its receipt
//
// A department is a value: its routes, its entries of the menu, and what it
// lets wait on the start page ([Department]). A [Visit] is one request of a
// person to one page: language, session, contexts for calls, the frame, and
// the ways to answer. A [Task] is a form page that ends in one command: drawn,
// validated, sent with the id that it was drawn with, and left for the record
// at the position of the receipt. History, blame and past states of a record
// are in history.go, uploaded files in files.go.
//
// It may import component, form, static, words, the contracts, problem and
// rpc; never a department. Start with [Department], then [Visit], then [Task];
// gateway/web/permits shows all of it in use.
package visit
