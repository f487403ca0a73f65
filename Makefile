# Every habit of the project is a target here; `make` alone lists them.
# In the first line of each target, what stands after ## is its line in the list.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

asset_sources := assets/build.mjs $(shell find assets/src assets/img -type f 2>/dev/null)
asset_packages := assets/node_modules/.package-lock.json

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## the whole system on this machine with demo content: http://127.0.0.1:8080
	@scripts/setup run
	@$(MAKE) -s --no-print-directory assets
	@cargo build --locked
	@exec target/debug/yishiting demo

.PHONY: test
test: ## every test, on SQLite and on PostgreSQL with Redis, and in a browser
	@scripts/setup test
	@$(MAKE) -s --no-print-directory assets
	@scripts/with-servers scripts/test $(PARTS)

.PHONY: bench
bench: ## the measurements of docs/performance.md
	@scripts/setup test
	@$(MAKE) -s --no-print-directory assets
	@scripts/with-servers --durable scripts/bench

.PHONY: lint
lint: ## formatting, clippy, and the rules about dependencies and source text
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features load --locked -- -D warnings
	cargo test --locked --test it -- tidy::

.PHONY: fmt
fmt: ## formats the Rust code
	cargo fmt --all

.PHONY: dist
dist: ## one optimised, stripped binary with everything inside: dist/yishiting
	@scripts/setup run
	@$(MAKE) -s --no-print-directory assets
	cargo build --release --locked --features mimalloc
	@mkdir -p dist
	strip -o dist/yishiting target/release/yishiting

.PHONY: assets
assets: assets/dist/manifest.json ## styles and scripts, when their sources changed

.PHONY: pictures
pictures: ## takes the pictures of the README files and of the manual anew
	@scripts/setup test
	@$(MAKE) -s --no-print-directory assets
	@cargo build --locked
	@node tests/browser/pictures.mjs

.PHONY: clean
clean: ## removes what was built; data and configuration stay
	rm -rf target dist assets/dist assets/node_modules

$(asset_packages): assets/package.json assets/package-lock.json
	cd assets && npm ci --no-fund --no-audit
	@touch $@

assets/dist/manifest.json: $(asset_packages) $(asset_sources)
	node assets/build.mjs
