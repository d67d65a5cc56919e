# What people and CI type. The work is done by the scripts in tests/scripts.
# BUILD, LISTEN and REDIS_ADDRESS reach them through the environment, so that
# `make up LISTEN=...` and `LISTEN=... make up` are the same.

.DEFAULT_GOAL := help
.PHONY: help up test lint fmt build bench image release soak clean

help: ## show this page
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile
	@sed -n 's/^#~ \{0,1\}//p' Makefile

#~
#~ Settings, before or after the target (make up LISTEN=127.0.0.1:8080):
#~   LISTEN=host:port                where to serve; 127.0.0.1:3000 without it
#~   REDIS_ADDRESS=redis://host:port the Redis to use instead of an own one
#~   SPIN_VARIABLE_NAME=value        any other variable of spin.toml
#~   BUILD=wasip2|wasip3|wasip3-rc   which build; make test takes all without it
#~   IMAGE=name:tag                  what make image makes; path-records:0.1.0 without it
#~   SOURCE=https://...              where the code is, for the image to say; what git calls origin without it

up: ## serve the records; installs and builds what is missing
	@tests/scripts/up.sh

test: ## run every test; installs and builds what is missing
	@tests/scripts/test.sh

lint: ## check formatting, Rust code and scripts
	@tests/scripts/lint.sh

fmt: ## format the Rust code
	@cargo fmt --all

build: ## build the component, and the host that serves it here
	@tests/scripts/build.sh

bench: ## measure the builds, and what they compare with; QUICK=1 for a look
	@tests/scripts/bench.sh

soak: ## load the service for DURATION seconds, 600 without it
	@tests/scripts/soak.sh

image: ## make what Kubernetes runs: target/path-records.tar
	@tests/scripts/image.sh

release: ## make what a release consists of: target/path-records-VERSION
	@tests/scripts/release.sh

clean: ## remove what was built; records in .path-records stay
	@cargo clean
