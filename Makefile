# Hải Đăng: the commands a person needs. `make` or `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# One cache outside the tree, so that a second clone builds fast.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/haidang/target

# Words for `haidang demo`, for example DEMO="--residents 2000 --months 6".
DEMO ?=
# `make bench FULL=1` measures with 3,000,000 cases instead of 30,000.
FULL ?=

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Build, seed a demonstration city in ./var and serve it at http://localhost:8080
	@scripts/demo.sh $(DEMO)

.PHONY: test
test: ## What must pass before a change lands: format, lints, documents, repository checks, all tests on both databases, browser journeys, guides, judges
	@scripts/test.sh

.PHONY: test-rust
test-rust: ## The part of `make test` that needs no browser
	@scripts/test.sh format lints documents repository tests

.PHONY: test-e2e
test-e2e: ## The browser journeys alone
	@scripts/test.sh journeys

.PHONY: check
check: ## The fast loop before a commit: format, lints, repository checks
	@scripts/test.sh format lints repository

.PHONY: judge-experience
judge-experience: ## Start a city, sign in as each role, judge every page from outside
	@scripts/judge-experience.sh

.PHONY: judge-identity
judge-identity: ## Start a city, register the outside judge's clients, judge the OpenID provider from outside
	@scripts/judge-identity.sh

.PHONY: judge-scim
judge-scim: ## Start a city and have the outside judge of SCIM 2.0 provision accounts and groups
	@scripts/judge-scim.sh

.PHONY: judge-oidc-differential
judge-oidc-differential: ## Send the same bad requests to a city and to npm's oidc-provider: same answers, or a reason in the guide
	@scripts/judge-oidc-differential.sh

.PHONY: judge-apache
judge-apache: ## Have Apache's mod_auth_openidc sign a person in and out through a city, back-channel logout included
	@scripts/judge-apache.sh

.PHONY: judge-documents
judge-documents: ## Start a city and have outside judges look at its time stamps, PDFs it signed, its edXML messages and how it reads scans
	@scripts/judge-documents.sh

.PHONY: judge-exchange
judge-exchange: ## Have outside judges look at the evidence containers of the data exchange, their time stamps, and the r1 door
	@scripts/judge-exchange.sh

.PHONY: bench
bench: ## Print the figures of this release as ratios, on both databases (FULL=1 for 3,000,000 cases)
	@scripts/bench.sh $(if $(FULL),full,)

.PHONY: bench-identity
bench-identity: ## Print the figures of signing in, beside npm's oidc-provider in the same run
	@scripts/bench-identity.sh

.PHONY: bench-documents
bench-documents: ## Print the figures of signing and judging papers, and the ratios to pyHanko in the same run
	@scripts/bench-documents.sh

.PHONY: bench-exchange
bench-exchange: ## Print what the data exchange costs, beside nginx in the same run
	@scripts/bench-exchange.sh

.PHONY: assets
assets: ## Compile the style sheets again (needs Node); the result is committed
	@scripts/install.sh node
	@source scripts/lib.sh && use_node && crates/ui/build-css.sh

.PHONY: bless
bless: ## Write the committed snapshots and the OpenAPI document anew; read the difference before a commit
	@scripts/bless.sh

.PHONY: clean-demo
clean-demo: ## Remove the demonstration city in ./var, so that the next `make demo` begins anew
	rm -rf var
