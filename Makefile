# Kith: verbs only. What a verb does is in tools/<verb>.
.DEFAULT_GOAL := help
.PHONY: help setup demo check build test lint san tsan fuzz sim bench formats console docs fresh clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1: \2/p' Makefile

setup: ## install what Kith needs (Debian 12); quick when all is there
	@tools/setup check

demo: ## from a bare machine to a running Kith with a synthetic brand
	@tools/setup console
	@tools/build
	@[ ! -f console/package.json ] || tools/console
	@tools/demo

check: ## everything: setup, build, lint, tests, sanitizers, console, wire; the last line counts
	@tools/setup check
	@tools/check

build: ## configure and compile into build/
	@tools/setup build
	@tools/build

test: ## the tests beside the code (NAME=part of a program's name, ONLY=part of a test's, SEED=n, RUNS=n)
	@QUIET=1 tools/build
	@tools/test build $(NAME)

lint: ## the house rules that a tool can check (RULE=one of them)
	@tools/lint $(RULE)

san: ## the tests under AddressSanitizer and UBSan, built by clang
	@tools/san $(NAME)

tsan: ## the tests under ThreadSanitizer
	@tools/tsan $(NAME)

fuzz: ## every fuzz target for FUZZ_SECONDS (20) seconds (ONLY=part of its name)
	@tools/fuzz

sim: ## the crash simulator (SEED=n brings one run back, SEEDS=n runs that many)
	@tools/sim

bench: ## benchmarks (ONLY=name), as JSON lines; kept in bench/history
	@tools/bench

formats: ## the bytes of this release, kept for the ones to come (before it is out)
	@tools/formats

console: ## build the console
	@tools/setup console
	@tools/console

docs: ## generate docs/reference, and check the glossary and the links
	@tools/docs

fresh: ## prove `make $(VERB)` (check) from a bare Debian 12 root; needs root and debootstrap
	@tools/fresh-root $(or $(VERB),check)

clean: ## remove what was built
	@rm -rf build build-san build-tsan build-fuzz
