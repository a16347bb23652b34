# The commands of the project. `make help` lists them.

SHELL := /bin/bash
SWIFT_FLAGS := --explicit-target-dependency-import-check error
FORMATTED := Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Benchmarks

.PHONY: help bootstrap build release demo test test-integration test-faults test-long bench-e2e \
	bench-collector bench-engine bench-generator bench-lag bench-vus bench-flow bench-match \
	bench-recovery bench-flow-percentiles check-leaks soak tidy format clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

bootstrap: ## Install what is missing (apt)
	@scripts/bootstrap

build: bootstrap ## Debug build
	swift build $(SWIFT_FLAGS)

release: bootstrap ## Release build: .build/release/spotload
	swift build -c release --product spotload $(SWIFT_FLAGS)

demo: release ## 5,200 orders/s for 20 s against the bundled engine, judged by the plan's criteria
	.build/release/spotload run scenarios/spot-5000.yaml

test: bootstrap tidy ## The whole suite: unit, integration and a selection of fault tests
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build --skip 'IntegrationTests|FaultTests'
	swift test --skip-build --no-parallel --filter 'IntegrationTests|FaultTests'

test-integration: bootstrap ## Only tests with real servers
	swift test --no-parallel --filter IntegrationTests

test-faults: bootstrap ## Only the fault tests
	swift test --no-parallel --filter FaultTests

test-long: bootstrap ## A million mutations of bytes and requests, 1,000 flows x 2,000 commands, 1,000 kills (debug)
	swift build --build-tests $(SWIFT_FLAGS)
	SPOTLOAD_FLOWS=1000 swift test --skip-build --filter 'ReplayTwinTests|MatcherTwinTests'
	SPOTLOAD_MUTATIONS=1000000 swift test --skip-build --filter 'HostileBytesTests|HostileRequestsTests|JournalFuzzTests'
	SPOTLOAD_KILL_CYCLES=1000 swift test --skip-build --no-parallel --filter EngineKillTests

bench-e2e: release ## Step the demo's rate up to the highest that meets the criteria (about 5 minutes)
	.build/release/spotload bench e2e

bench-lag: release ## The generator's own lateness at 1k, 5k, 10k, 20k/s beside engine, Redis, collector
	.build/release/spotload bench lag

bench-vus: release ## Memory of a VU on each lane, with 10,000 of them mostly idle
	scripts/bench-vus

check-leaks: release ## 100,000 transfers under LeakSanitizer on each lane, with and without kept connections
	scripts/check-leaks

soak: bootstrap ## Memory of agent, collector and Redis over 60 s of load
	SPOTLOAD_SOAK_SECONDS=60 swift test --no-parallel --filter SoakTests

bench-collector: release ## Deltas one core merges a second, and memory over a simulated hour
	.build/release/spotload bench collector

bench-match: release ## The plan's tables of in-memory matching: our book beside heap and array; mixed commands/s
	.build/release/spotload bench match

bench-engine: release ## Durable orders/s of one core with wrk, beside the limits of HTTP and disk (about 6 minutes)
	scripts/bench-engine

bench-generator: release ## Both lanes beside a bare libcurl loop, wrk, ab, h2load, hey and Locust (about 20 minutes)
	scripts/bench-generator

bench-recovery: release ## Seconds to come back from a million commands; the longest pause while a snapshot is made
	scripts/bench-recovery

bench-flow: bootstrap ## What a flow costs per request, against its budget of 2 us; fails where it is over it
	swift run -c release --package-path Benchmarks FlowTable

bench-flow-percentiles: bootstrap ## The same as distributions; takes baselines and compares with them
	swift package --package-path Benchmarks benchmark

tidy: ## Formatting and house rules
	swift format lint --strict --configuration .swift-format -r $(FORMATTED)
	scripts/tidy

format: ## Format the sources in place
	swift format -i --configuration .swift-format -r $(FORMATTED)

clean: ## Remove build products and results
	rm -rf .build results
