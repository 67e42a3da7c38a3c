# The only door: every task of this repository is a target here. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .build/release/signalbox
SHARED ?= $(or $(SIGNALBOX_SHARED),../shared)
export SIGNALBOX_SHARED := $(SHARED)
SWIFT_FLAGS := --explicit-target-dependency-import-check error
DEMO_FLAGS ?=
FUZZ_SECONDS ?= 300

# A package is missing when the file that it brings is.
NEED_BUILD := libncursesw5-dev:/usr/include/curses.h
# A Python that can make virtual environments, whichever it is.
ENSUREPIP := $(shell python3 -c 'import ensurepip; print(ensurepip.__file__)' 2>/dev/null || echo /none)
NEED_TEST := $(NEED_BUILD) tmux:/usr/bin/tmux curl:/usr/bin/curl gcc:/usr/bin/cc valgrind:/usr/bin/valgrind python3-venv:$(ENSUREPIP)
NEED_SCREEN := htop:/usr/bin/htop btop:/usr/bin/btop python3-venv:$(ENSUREPIP)
NEED_BENCH := $(NEED_BUILD) valgrind:/usr/bin/valgrind haproxy:/usr/sbin/haproxy gcc:/usr/bin/cc

# $(call install,PACKAGE:FILE ...): installs what is missing, by sudo where not root; else prints the exact command.
define install
@missing=; for pair in $(1); do [ -e "$${pair#*:}" ] || missing="$$missing $${pair%%:*}"; done; \
if [ -n "$$missing" ]; then \
  if [ "$$(id -u)" = 0 ]; then run=; elif sudo -n true 2>/dev/null; then run=sudo; else \
    echo "These packages are missing; install them with:"; echo "  sudo apt-get install -y$$missing"; exit 1; fi; \
  echo "installing$$missing"; $$run apt-get update -q >/dev/null; \
  DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -q $$missing >/dev/null; \
fi
endef

.PHONY: help demo build test test-long fuzz sanitize test-real bench bench-peers bench-floor bench-screen bench-scale bench-micro microbench bench-routing robustness golden docs format lint release deps-build deps-test deps-bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

deps-build:
	$(call install,$(NEED_BUILD))

deps-test:
	$(call install,$(NEED_TEST))

deps-bench:
	$(call install,$(NEED_BENCH))

build: deps-build ## the program, at .build/release/signalbox
	swift build -c release --product signalbox $(SWIFT_FLAGS)

demo: build ## the console on an emulated fleet under live load (without a terminal: 20 s, then a report)
	$(BIN) demo $(DEMO_FLAGS)

microbench: deps-build
	swift build -c release --product microbench $(SWIFT_FLAGS)

test: deps-test build microbench lint ## every test but the long ones
	Tests/Bench/instructions.py .build/release/microbench
	swift build --build-tests $(SWIFT_FLAGS)
	SIGNALBOX_BIN=$(CURDIR)/$(BIN) swift test --skip-build --skip EndToEndTests --skip SlowTests
	SIGNALBOX_BIN=$(CURDIR)/$(BIN) swift test --skip-build --filter EndToEndTests --skip SlowTests --no-parallel

test-long: deps-test build fuzz sanitize ## what takes longer: fuzzing, sanitizers, soak, large fleets
	swift build --build-tests $(SWIFT_FLAGS)
	SIGNALBOX_BIN=$(CURDIR)/$(BIN) swift test --skip-build --filter SlowTests --no-parallel

fuzz: deps-build ## libFuzzer on the parsers for FUZZ_SECONDS, shared out over them
	Tests/Fuzz/fuzz.sh $(FUZZ_SECONDS)

# Leaks are not looked for: what the test library keeps to the end would be reported. A test of memory measures the
# sanitizer's own there.
sanitize: deps-test ## the suites with threads and bytes under ThreadSanitizer, then under AddressSanitizer
	set -e; for kind in thread address; do \
	  TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/thread.supp:report_thread_leaks=0 ASAN_OPTIONS=detect_leaks=0 \
	  swift test --sanitize=$$kind --scratch-path .build-$$kind \
	    --filter 'GatewayCoreTests|CollectorsTests' --skip 'SlowTests|without being held'; done

test-real: deps-test build ## before real vLLM on the CPU, and beside the field's routers (downloads some gigabytes once)
	swift build --build-tests $(SWIFT_FLAGS)
	SIGNALBOX_BIN=$(CURDIR)/$(BIN) SIGNALBOX_REAL_VLLM=1 SIGNALBOX_REAL_ROUTERS=1 swift test --skip-build \
	  --filter 'VLLM|RouterAgreement' --no-parallel

bench: deps-bench build ## ours and HAProxy in the same run; prints the table of BENCHMARKS.md
	Tests/Bench/bench.sh $(BIN)

bench-peers: deps-bench build ## ours, HAProxy and the routers for LLM engines of PyPI in the same run; prints the table of BENCHMARKS.md
	$(call install,python3-venv:$(ENSUREPIP))
	[ -x .build/peers/bin/vllm-router ] || { python3 -m venv .build/peers && \
	  .build/peers/bin/pip install -q sglang-router==0.3.2 smg==1.13.0 vllm-router==0.1.17; }
	Tests/Bench/peers.py $(BIN) 1 .build/peers

bench-floor: deps-bench build ## ours, HAProxy and a relay that does nothing with what passes: what of a cost is the kernel's
	Tests/Bench/peers.py $(BIN) 5

bench-screen: build ## the console beside htop, btop, vllm-htop and vllmstat; prints the table of BENCHMARKS.md
	$(call install,$(NEED_SCREEN))
	[ -x .build/rivals/bin/vllmstat ] || { python3 -m venv .build/rivals && \
	  .build/rivals/bin/pip install -q vllm-htop==0.5.0 vllmstat==0.9.1; }
	SIGNALBOX_RIVALS=$(CURDIR)/.build/rivals/bin Tests/Bench/screen.py $(BIN) \
	  $(SHARED)/fixtures/metrics/vllm-0.17-cold-start-qwen2.5-0.5b.txt

bench-micro: deps-bench microbench ## times and instruction counts of single operations; RECORD=--record keeps the counts
	.build/release/microbench
	Tests/Bench/instructions.py .build/release/microbench $(RECORD)

bench-scale: deps-bench build microbench ## curves over connections, prompts, nodes and blocks; prints the tables of BENCHMARKS.md
	Tests/Bench/scale.py $(BIN) .build/release/microbench

bench-routing: build ## foresight beside the field in virtual time; prints the tables of BENCHMARKS.md
	for what in simple model dial; do Tests/Bench/routing.py $(BIN) $(SHARED)/traces $$what; done

robustness: build ## foresight where routers break: small caches, lost nodes, late events, mixed GPUs; prints a table
	Tests/Bench/robustness.py $(BIN) $(SHARED)/traces

golden: ## rewrites the golden screens; read the difference before you commit it
	UPDATE_GOLDEN=1 swift test --filter ConsoleTests

docs: build ## regenerates what is made from the code
	$(BIN) man > docs/signalbox.1
	$(BIN) demo --seed 1 --for 90s --screen svg --size 120x36 > docs/fleet.svg

format: ## formats all Swift
	swift format -i -r Sources Tests Themes Package.swift

lint: ## is all Swift formatted?
	swift format lint --strict -r Sources Tests Themes Package.swift

release: deps-build ## one file to copy to a bastion host: no Swift runtime needed there
	swift build -c release --product signalbox --static-swift-stdlib --scratch-path .build-static
	@ls -l .build-static/release/signalbox

clean:
	rm -rf .build .build-static .build-thread .build-address
