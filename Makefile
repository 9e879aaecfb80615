# make help lists what can be made.
GO      ?= go
export CGO_ENABLED ?= 0

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME   ?= 10s
SEEDS      ?= 10000
BENCH_RUNS ?= 7
LDFLAGS     = -s -w -X main.version=$(shell git describe --tags --always --dirty 2>/dev/null)

.PHONY: help build demo pictures test race interop bench fuzz chaos lint cross check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/smtpwiz
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/smtpwiz ./cmd/smtpwiz

demo: build ## set up an account on the embedded server; without a terminal, test one
	@if [ -t 0 ] && [ -t 2 ]; then ./bin/smtpwiz setup --demo; else ./bin/smtpwiz test --demo; fi

test: ## run the tests
	$(GO) test ./...

race: ## run the tests with the race detector (needs a C compiler)
	GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 $(GO) test -race ./...

interop: ## test against Postfix, Dovecot and gnome-keyring (needs root and Debian's packages)
	$(GO) test -count=1 -tags interop ./internal/interop/ ./internal/secret/

bench: ## compare with other programs on the same Postfix (needs root), then the benchmarks
	BENCH_RUNS=$(BENCH_RUNS) $(GO) test -count=1 -timeout 20m -tags interop -run TestBench -v ./internal/interop/
	$(GO) test -run '^$$' -bench . -benchmem ./...

pictures: build ## draw the README's pictures anew (needs tmux and node)
	./scripts/pictures.sh bin/smtpwiz

fuzz: ## run each fuzz target for FUZZTIME (10s)
	GO=$(GO) FUZZTIME=$(FUZZTIME) ./scripts/fuzz.sh

chaos: ## set the probe against SEEDS (10000) random servers, or again the one of SEED=n
	CHAOS_SEEDS=$(SEEDS) CHAOS_SEED=$(SEED) $(GO) test -count=1 -v -timeout 30m -run Chaos ./internal/chaos

lint: ## gofmt, vet, staticcheck, go.mod
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags interop ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff

cross: ## build for the other systems
	for target in linux/arm64 darwin/arm64 windows/amd64 freebsd/amd64; do \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build -o /dev/null ./cmd/smtpwiz || exit 1; \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) vet ./... || exit 1; \
	done

check: lint test race interop cross ## all that CI runs

clean: ## remove what was built
	rm -rf bin dist
