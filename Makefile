# One line per target; the logic lives in Go, in .ci/run and in tools/.
.PHONY: run test check lint fmt proto pages bench conformance torture nightly

run: ## start everything on an embedded store
	go run ./cmd/shiyang
test: ## the README's test command
	go test ./...
check: ## the whole gate, as CI runs it
	bash .ci/run
fmt: bin/golangci-lint ## format Go, contracts and pages
	bin/golangci-lint fmt && bin/buf format -w proto && go tool templ fmt gateway
lint: bin/golangci-lint bin/buf
	bin/golangci-lint run ./... && bin/buf lint
proto: ## generate Go, REST and OpenAPI from proto/
	bash tools/protos.sh
pages: ## generate Go from the page templates
	go tool templ generate -path gateway/web
bench: ## measure, beside the named limits
	cd bench && go run . -out ../docs/bench
conformance: ## ask the store, or ESDB_URL, whether it is an EventStoreDB; PAGE=docs/conformance.md writes the page
	go run ./test/conformance $(if $(ESDB_URL),-url '$(ESDB_URL)' -user '$(ESDB_USER)') $(if $(PAGE),-page '$(PAGE)') $(if $(CHECK),-check '$(CHECK)')
torture: ## break the event store in every way and count what is lost; LONG=1 for the long figures
	cd test/torture && go run . $(if $(LONG),-long)
nightly: ## the long tier
	bash .ci/nightly
bin/golangci-lint:
	cd tools/lint && go build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/buf:
	cd tools/buf && go build -o ../../bin/buf github.com/bufbuild/buf/cmd/buf
