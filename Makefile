# The commands of this repository; `make help` lists them. Each installs what it needs first
# (tools/packages.txt), and every build lies in build/<preset>.
SHELL := /bin/bash
JOBS := $(shell nproc)
has = $(shell grep -qsw $(1) /proc/cpuinfo && echo $(2))
# Sanitizer builds are compiled for one instruction set; run-time dispatch is tested below the best.
STATIC_TARGET := $(or $(call has,avx2,avx2),sse4)
LOWER_TARGETS := $(call has,avx2,sse4) $(call has,avx512bw,avx2)
ENGINE := ^(tensor|autograd|layers)$$

build = cmake --preset $(1) $(2) && cmake --build --preset $(1) -j $(JOBS)
ctest = ctest --preset $(1) -j $(JOBS) $(2)
# One experiment of docs/results.md. What does not come with sluice is named by its path.
JSB ?=
MNIST ?=
TEXT ?=
experiment = tools/install.sh command && $(call build,results) && build/results/experiments/$(1)

.PHONY: help demo build examples test check docs format bench clean \
  results results-adding results-order results-timing results-ablations results-waveform \
  results-optimizers results-addition results-reversal results-jsb results-mnist results-batch-sizes \
  results-text results-vrnn results-draw \
  test-release test-targets test-clang test-sanitize test-thread test-neon

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: ## the command alone: build/command/cli/sluice
	@tools/install.sh command
	@$(call build,command)

demo: build ## train, backtest and forecast real data, and write a report
	@tools/demo.sh build/command/cli/sluice build/demo

examples: ## the notebooks' jobs beside Keras and PyTorch: figures in build/examples, one table
	@tools/install.sh command tests
	@cmake --preset release && cmake --build --preset release --target examples/all -j $(JOBS)
	@examples/run_all.py build/release build/examples

test: ## everything below, as continuous integration runs it
	@tools/run_stages.sh check test-release test-targets test-clang test-sanitize test-thread test-neon

check: ## the tree, the code style and the documents
	@tools/install.sh check
	tools/check_tree.py
	tools/check_docs.py
	tools/check_format.sh

test-release: ## g++: all tests
	@tools/install.sh command tests
	@$(call build,release)
	@$(call ctest,release)

test-targets: ## the engine's tests on the lesser instruction sets of this machine
	@tools/install.sh command tests
	@$(call build,release)
	@for target in $(LOWER_TARGETS); do \
	  echo "SLUICE_TARGET=$$target"; \
	  SLUICE_TARGET=$$target $(call ctest,release,-L '$(ENGINE)') || exit 1; \
	done

test-clang: ## clang-19: all tests
	@tools/install.sh command tests clang
	@$(call build,clang)
	@$(call ctest,clang)

test-sanitize: ## AddressSanitizer and UndefinedBehaviorSanitizer: all tests
	@tools/install.sh command tests
	@$(call build,debug-sanitize,-DSLUICE_STATIC_TARGET=$(STATIC_TARGET))
	@$(call ctest,debug-sanitize)

test-thread: ## ThreadSanitizer: the tests that use threads
	@tools/install.sh command tests thread
	@$(call build,tsan,-DSLUICE_STATIC_TARGET=$(STATIC_TARGET))
	@$(call ctest,tsan)

test-neon: ## the engine cross-built for 64-bit ARM, its tests under qemu
	@tools/install.sh neon command
	@tools/arm64_root.sh build/arm64
	@$(call build,neon)
	@$(call ctest,neon)

docs: ## rewrite docs/reference.md from the registries
	@tools/install.sh command tests
	@$(call build,release) --target reference_page
	@tests/docs/reference_page.py build/release/tests/docs/reference_page --write

format: ## rewrite the sources in the code style
	@tools/install.sh check
	tools/check_format.sh --fix

bench: ## the benchmarks (bench/README.md)
	@tools/install.sh command
	@$(call build,bench)

results: ## the experiments of docs/results.md; more of them with JSB=, MNIST= and TEXT= (there)
results: results-adding results-order results-timing results-ablations results-waveform results-optimizers \
  results-addition results-reversal $(if $(JSB),results-jsb results-vrnn) $(if $(MNIST),results-mnist results-batch-sizes results-draw) \
  $(if $(TEXT),results-text)

results-adding:
	@$(call experiment,adding)

results-order:
	@$(call experiment,temporal_order)

results-timing:
	@$(call experiment,timing)

results-ablations:
	@$(call experiment,ablations $(if $(JSB),--data $(JSB)))

results-waveform:
	@$(call experiment,waveform)

results-optimizers:
	@$(call experiment,optimizers --picture build/results/optimizers.svg)

results-addition:
	@$(call experiment,addition)

results-reversal:
	@$(call experiment,reversal --picture build/results/reversal.svg)

results-jsb:
	@$(call experiment,jsb --data "$(JSB)")

results-mnist:
	@$(call experiment,mnist_rows --data "$(MNIST)")

results-batch-sizes:
	@$(call experiment,batch_sizes --data "$(MNIST)" --picture build/results/batch-sizes.svg)

results-text:
	@$(call experiment,shakespeare --data "$(TEXT)")

results-vrnn:
	@$(call experiment,vrnn --data "$(JSB)")

results-draw:
	@$(call experiment,draw --data "$(MNIST)" --picture build/results/draw.png)

clean: ## remove every build
	rm -rf build
