# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            builds everything into $(O); V=1 shows the commands
# make demo       the whole way, end to end, in about a minute (root)
# make test       every test; SAN=1 with address and undefined behaviour sanitizers (root)
# make test-kernels   loads, runs and attaches on Debian's kernels, emulated (root)
# make fuzz-frames  bpf/ against a reference parser; FRAMES=1000000 SEED=random (root)
# make fuzz       libFuzzer on every parser and the API, FUZZ_SECONDS=30 each;
#                 FUZZERS="feed_list …" only those (api_requests: root)
# make check      format, clang-tidy, cppcheck, include direction, shellcheck
# make bench      all benchmarks: ratios to what else there is, and limits that they must keep (root)
# make bench-datapath   what frames cost, and innocent guests; PARTS="frames entries veth tap"
# make bench-lifecycle  decisions, and many ends at once, with 100,000 blocks
# make bench-feeds      a million addresses from file to kernel, beside nft and ipset; COUNT, ROUNDS;
#                 decisions of a CrowdSec, beside its bouncer; scores over NATS, from the scorer
#                 to the kernel, and a fleet of 1,000
# make install    honours DESTDIR and PREFIX
#
# Every target installs the Debian packages it lacks first (`deps`); that alone needs root.

VERSION := 0.1.0
PREFIX ?= /usr/local
SAN ?=
FRAMES ?= 1000000
SEED ?= random
FUZZ ?=
FUZZ_SECONDS ?= 30
COUNT ?= 1000000
ROUNDS ?= 3
O ?= build$(if $(SAN),-san)$(if $(FUZZ),-fuzz)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all deps check test test-kernels fuzz-frames demo bench install clean build build-tests
.PHONY: build-bench bench-datapath bench-lifecycle bench-feeds fuzz build-fuzz
.DEFAULT_GOAL := all

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(patsubst $(O)/%,%,$@)';)

CC := gcc
CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)

# Hash of abi.h without its comments: the agent never reads maps of another layout by mistake. By
# gcc, whatever CC is: clang knows no -fpreprocessed.
schema = 0x$(shell gcc -fpreprocessed -dD -E -P include/smtpfence/abi.h | sha256sum | cut -c1-16)ULL
SCHEMA = $(eval SCHEMA := $(schema))$(SCHEMA)

WARNINGS := -Wall -Wextra -Wshadow -Werror
, := ,
SANITIZE := $(if $(SAN)$(FUZZ),-fsanitize=address$(,)undefined -fno-sanitize-recover=all) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)
DEFINES = -D_GNU_SOURCE -DSMTPFENCE_VERSION='"$(VERSION)"' -DSMTPFENCE_SCHEMA=$(SCHEMA)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(SANITIZE) $(DEFINES) -fstack-protector-strong \
	-Iinclude -Iagent -I$(O)
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 $(WARNINGS) -DSMTPFENCE_SCHEMA=$(SCHEMA) -Iinclude -I.
LDLIBS := -Wl,--as-needed -lbpf -lelf -lz -lyaml -lsystemd -lsqlite3 -lmicrohttpd -lcurl -lcjson \
	-lmnl -lsmartcols -lnats -lcrypto -lm

# One archive a folder; which ones a part may use is also what tools/check-includes proves.
MODULES := base config transfer nats feed policy store fence counters notify usage ledger api cli
uses_base := base
uses_config := config base
uses_transfer := transfer config base
uses_nats := nats config base
uses_feed := feed transfer nats config base
uses_policy := policy config base
uses_store := store config base
uses_fence := fence config base
uses_counters := counters config base
uses_notify := notify transfer nats config base
uses_usage := usage counters transfer nats config base
uses_ledger := ledger feed notify transfer nats policy store fence config base
uses_api := api usage ledger feed notify transfer nats policy store fence counters config base
uses_cli := cli counters config base
uses_vmlinux := base

archive = $(addprefix $(O)/lib/,$(addsuffix .a,$(1)))
link = $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

DAEMON := $(O)/sbin/smtpfenced
CLI := $(O)/bin/smtpfence
PUBLISHER := $(O)/bin/scorer-publish
BPF := $(O)/bpf/smtpfence.bpf.o
SKELETON := $(O)/skel/smtpfence.skel.h
NOTICE := $(O)/skel/notice.h

UNIT_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/unit/*.c))
FRAME_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/frames/*_test.c))
KERNEL_PROGRAMS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/kernels/*.c))
NET_PROGRAMS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/net/*.c))
FUZZ_FRAMES := $(O)/tests/frames/fuzz_frames
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_PROGRAMS := $(addprefix $(O)/tests/fuzz/,$(FUZZERS))
BENCHES := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/bench/*_bench.c))
BENCH_LIFECYCLE := $(O)/tests/bench/lifecycle/bench
BENCH_NATS := $(O)/tests/bench/nats/bench

all: deps
	$(Q)$(MAKE) --no-print-directory build

deps:
	$(Q)tools/deps

build: $(DAEMON) $(CLI) $(PUBLISHER)

# --- kernel side

$(BPF): bpf/smtpfence.bpf.c Makefile | $(O)/bpf/
	$(call say,BPF)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(SKELETON): $(BPF) | $(O)/skel/
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name smtpfence_bpf > $@

# --- user side

# The customer's notice as a string of C.
$(NOTICE): share/notice.txt Makefile | $(O)/skel/
	$(call say,TEXT)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/; 1i static const char notice_built_in[] =' \
		$< > $@ && echo ';' >> $@

$(O)/agent/%.o: agent/%.c Makefile | $(SKELETON) $(NOTICE)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define module_archive
$(O)/lib/$(1).a: $(patsubst %.c,$(O)/%.o,$(wildcard agent/$(1)/*.c)) | $(O)/lib/
	$$(call say,AR)rm -f $$@ && ar rcsD $$@ $$^
endef
$(foreach module,$(MODULES),$(eval $(call module_archive,$(module))))

$(DAEMON): $(O)/agent/smtpfenced.o $(call archive,$(filter-out cli,$(MODULES))) | $(O)/sbin/
	$(call say,LINK)$(link) $(LDLIBS)

$(CLI): $(call archive,$(uses_cli)) | $(O)/bin/
	$(call say,LINK)$(link) $(LDLIBS)

# What stands beside the agent, made of its parts.
$(O)/contrib/%.o: contrib/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(PUBLISHER): $(O)/contrib/scorer-publish/scorer-publish.o $(call archive,$(uses_feed)) | $(O)/bin/
	$(call say,LINK)$(link) $(LDLIBS)

# --- tests

build-tests: build $(UNIT_TESTS) $(FRAME_TESTS) $(FUZZ_FRAMES) $(KERNEL_PROGRAMS) $(NET_PROGRAMS)
build-bench: build $(BENCHES) $(BENCH_LIFECYCLE) $(BENCH_NATS)
build-fuzz: $(FUZZ_PROGRAMS)

$(O)/tests/%.o: tests/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -DBPF_OBJECT='"$(BPF)"' -Itests -MMD -MP -c -o $@ $<

# A unit test is named after the part it tests, and linked with that part and what it may use.
define unit_test
$(1): $(1).o $(call archive,$(uses_$(firstword $(subst _, ,$(notdir $(1))))))
	$$(call say,LINK)$$(link) $$(LDLIBS) -lcmocka
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call unit_test,$(test))))

# Those of random sequences take them from the dice of the frame tests.
$(filter %_properties,$(UNIT_TESTS)): $(O)/tests/frames/dice.o

# A fuzzer is named the same way; libFuzzer brings its main().
define fuzzer
$(1): $(1).o $(call archive,$(uses_$(firstword $(subst _, ,$(notdir $(1))))))
	$$(call say,LINK)$$(link) -fsanitize=fuzzer $$(LDLIBS)
endef
$(foreach program,$(FUZZ_PROGRAMS),$(eval $(call fuzzer,$(program))))

# What several test programs of a folder share stands beside them, in files without the suffix.
FRAME_PARTS := $(patsubst tests/%.c,$(O)/tests/%.o,\
	$(filter-out %_test.c %.bpf.c tests/frames/fuzz_frames.c,$(wildcard tests/frames/*.c)))
BENCH_PARTS := $(patsubst tests/%.c,$(O)/tests/%.o,\
	$(filter-out %_bench.c %.bpf.c,$(wildcard tests/bench/*.c)))

$(FRAME_TESTS) $(FUZZ_FRAMES) $(KERNEL_PROGRAMS): %: %.o $(FRAME_PARTS) $(call archive,base)
	$(call say,LINK)$(link) $(LDLIBS) -lcmocka

# BPF programs beside those under test: behind them where frames flow for real, before them in a
# benchmark.
MULTIARCH = $(eval MULTIARCH := $(shell $(CC) -print-multiarch))$(MULTIARCH)

TEST_SKELETONS := $(addprefix $(O)/skel/,observer.skel.h many_sources.skel.h)

define test_program
$(O)/bpf/$(2).bpf.o: tests/$(1)/$(2).bpf.c Makefile | $(O)/bpf/
	$$(call say,BPF)$$(CLANG) $$(BPF_CFLAGS) -idirafter /usr/include/$$(MULTIARCH) -MMD -MP -c -o $$@ $$<

$(O)/skel/$(2).skel.h: $(O)/bpf/$(2).bpf.o | $(O)/skel/
	$$(call say,SKEL)$$(BPFTOOL) gen skeleton $$< name $(2) > $$@
endef
$(eval $(call test_program,frames,observer))
$(eval $(call test_program,bench,many_sources))

$(O)/tests/frames/wire.o: | $(O)/skel/observer.skel.h
$(O)/tests/bench/entries.o: | $(O)/skel/many_sources.skel.h

$(NET_PROGRAMS): %: %.o
	$(call say,LINK)$(link)

$(BENCHES): %: %.o $(BENCH_PARTS) $(FRAME_PARTS) $(call archive,base)
	$(call say,LINK)$(link) $(LDLIBS) -lcmocka

$(BENCH_LIFECYCLE): $(patsubst tests/%.c,$(O)/tests/%.o,$(wildcard tests/bench/lifecycle/*.c)) \
		$(call archive,$(uses_cli))
	$(call say,LINK)$(link) $(LDLIBS)

$(BENCH_NATS): $(patsubst tests/%.c,$(O)/tests/%.o,$(wildcard tests/bench/nats/*.c)) \
		$(O)/tests/bench/lifecycle/figures.o $(call archive,$(uses_nats))
	$(call say,LINK)$(link) $(LDLIBS)

test: deps
	$(Q)$(MAKE) --no-print-directory build-tests
	$(Q)tests/run $(O) $(TESTS)

test-kernels: deps
	$(Q)tools/deps tools/packages-kernels
	$(Q)$(MAKE) --no-print-directory build-tests
	$(Q)tests/kernels/run $(if $(UPDATE),--update) $(O) $(KERNELS)

demo: all
	$(Q)demo/run $(O)

bench: bench-datapath bench-lifecycle bench-feeds

bench-datapath: deps
	$(Q)tools/deps tools/packages-bench
	$(Q)$(MAKE) --no-print-directory build-bench
	$(Q)tests/bench/datapath $(O) $(PARTS)

bench-lifecycle: deps
	$(Q)$(MAKE) --no-print-directory build-bench
	$(Q)tests/lib/sandbox $(BENCH_LIFECYCLE) $(abspath $(O))

bench-feeds: deps
	$(Q)tools/deps tools/packages-bench
	$(Q)$(MAKE) --no-print-directory build build-bench
	$(Q)status=0; \
	tests/lib/sandbox python3 -B tests/bench/feeds $(abspath $(O)) $(COUNT) $(ROUNDS) || status=$$?; \
	tests/lib/sandbox $(BENCH_NATS) $(abspath $(O)) || status=$$?; \
	exit $$status

fuzz-frames: deps
	$(Q)$(MAKE) --no-print-directory $(FUZZ_FRAMES)
	$(Q)$(FUZZ_FRAMES) --frames $(FRAMES) --save $(O) $(if $(filter-out random,$(SEED)),--seed $(SEED))

# A build of its own: with clang, whose runtime libFuzzer is.
fuzz: deps
	$(Q)$(MAKE) --no-print-directory FUZZ=1 CC=$(CLANG) FUZZERS='$(FUZZERS)' build-fuzz
	$(Q)tests/fuzz/run $(O)-fuzz $(FUZZ_SECONDS) $(FUZZERS)

check: all
	$(Q)$(MAKE) --no-print-directory $(TEST_SKELETONS)
	$(Q)tools/check $(O)

# --- install

install: all
	install -D -m 0755 $(DAEMON) $(DESTDIR)$(PREFIX)/sbin/smtpfenced
	install -D -m 0755 $(CLI) $(DESTDIR)$(PREFIX)/bin/smtpfence
	install -D -m 0755 $(PUBLISHER) $(DESTDIR)$(PREFIX)/bin/scorer-publish
	install -D -m 0644 examples/smtpfence.yaml \
		$(DESTDIR)$(PREFIX)/share/doc/smtpfence/examples/smtpfence.yaml
	install -D -m 0644 completions/smtpfence.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/smtpfence
	install -D -m 0644 share/openapi.yaml $(DESTDIR)$(PREFIX)/share/smtpfence/openapi.yaml
	install -D -m 0644 share/notice.txt $(DESTDIR)$(PREFIX)/share/smtpfence/notice.txt
	$(Q)mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/lib/systemd/system
	scdoc < man/scorer-publish.1.scd > $(DESTDIR)$(PREFIX)/share/man/man1/scorer-publish.1
	scdoc < man/smtpfence.1.scd > $(DESTDIR)$(PREFIX)/share/man/man1/smtpfence.1
	sed 's|@PREFIX@|$(PREFIX)|g' man/smtpfence.yaml.5.scd | scdoc \
		> $(DESTDIR)$(PREFIX)/share/man/man5/smtpfence.yaml.5
	sed 's|@PREFIX@|$(PREFIX)|g' man/smtpfence-api.7.scd | scdoc \
		> $(DESTDIR)$(PREFIX)/share/man/man7/smtpfence-api.7
	scdoc < man/smtpfence-usage.7.scd > $(DESTDIR)$(PREFIX)/share/man/man7/smtpfence-usage.7
	scdoc < man/smtpfenced.8.scd > $(DESTDIR)$(PREFIX)/share/man/man8/smtpfenced.8
	sed 's|@PREFIX@|$(PREFIX)|g' systemd/smtpfenced.service.in \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/smtpfenced.service

clean:
	rm -rf build build-san build-fuzz

$(O)/%/:
	@mkdir -p $@

-include $(shell find $(O) -name '*.d' 2>/dev/null)
