# make            build/skep, build/libskep.a, build/libskep.so
# make check      all tests
# make demo       install what is missing, build, run the examples over a capture
# make bench      skep beside native code, Linux and DPDK
# make check-linux  Linux's own BPF tests and the probes beside Linux 6.18 (docs/testing.md)
# make soak       millions of random programs: interpreter, JIT, verifier
# make fuzz       fuzzers, SECONDS=60 each
# make support    docs/support.md from the tables
# make install    to PREFIX (/usr/local), below DESTDIR

B = build
CC = gcc
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
CPPFLAGS = -I. -Isrc -Iinclude -I$(B)/gen -D_GNU_SOURCE
CFLAGS = -O2 -g
STD = -std=gnu11 $(WARN) -fPIC -fvisibility=hidden -fno-strict-aliasing -MMD -MP
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDLIBS = -lelf -lz -lpthread

# What is loaded into others' programs is linked with nothing of ours.
PRELOAD := $(wildcard src/exec/preload/*.c)
SRCS := $(filter-out $(PRELOAD),$(wildcard src/*/*.c src/*/*/*.c))
LIB_SRCS := $(filter-out src/tools/% src/load/guard.c,$(SRCS))
TOOL_OBJS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard src/tools/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$(B)/obj/%.o)
# A supervisor is a process of its own: the libraries that others link have none.
EMBED_OBJS := $(filter-out $(B)/obj/src/exec/%,$(LIB_OBJS))
SAN_OBJS := $(LIB_SRCS:%.c=$(B)/san/%.o)
TEST_LIB := $(patsubst %.c,$(B)/san/%.o,$(wildcard tests/lib/*.c))
TESTS := $(patsubst %.c,$(B)/%,$(filter-out tests/verifier/test_random% tests/verifier/test_num.c,$(wildcard tests/*/test_*.c)))
# What tests threads runs a second time under ThreadSanitizer.
TSAN = -fsanitize=thread
TSAN_OBJS := $(LIB_SRCS:%.c=$(B)/tsan/%.o)
TSAN_TEST_LIB := $(patsubst %.c,$(B)/tsan/%.o,$(wildcard tests/lib/*.c))
TSAN_TESTS := $(patsubst %.c,$(B)/tsan/%,$(wildcard tests/threads/test_*.c))

# BPF objects: any clang from 14 up.  Debian keeps the machine's own headers in a folder that clang
# does not search when it compiles for BPF.
CLANG = clang
BPF_CFLAGS = -target bpf -O2 -g -mcpu=v3 -Wall -I/usr/include/$(shell uname -m)-linux-gnu
EXAMPLES := $(patsubst %.c,$(B)/%.o,$(wildcard examples/*.bpf.c))

# What libskep's sonames and pkg-config files say, and skep --version.
VERSION := $(shell sed -n 's/.*SKEP_VERSION "\(.*\)"/\1/p' src/tools/version.h)
SO = 0

all: $(B)/skep $(B)/libskep.a $(B)/libskep.so $(B)/libskep-bpf.a $(B)/libskep-bpf.so $(B)/libskep-preload.so

$(B)/obj/%.o: %.c | $(B)/gen/libbpf_cache.h
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/san/%.o: %.c | $(B)/gen/libbpf_cache.h
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) -O1 -g $(SAN) -c $< -o $@

$(B)/tsan/%.o: %.c | $(B)/gen/libbpf_cache.h
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) -O1 -g $(TSAN) -c $< -o $@

# The private libbpf: the distribution's object code in one piece, its system calls renamed to those
# of src/load, and of its names only those left that its headers tell, and its cache of features.
# Another than the distribution's: make LIBBPF_A=.../libbpf.a LIBBPF_INC=...(the folder above bpf/).
LIBBPF_A := $(shell $(CC) -print-file-name=libbpf.a)
LIBBPF_INC = /usr/include
LIBBPF_H = $(wildcard $(LIBBPF_INC)/bpf/*.h)
LIBBPF = $(B)/libbpf/libbpf.o
CPPFLAGS += $(if $(filter-out /usr/include,$(LIBBPF_INC)),-I$(LIBBPF_INC))

$(B)/libbpf/api.txt: $(LIBBPF_H)
	@mkdir -p $(@D)
	@grep -ohE '\b(lib)?(bpf|btf|perf_buffer|ring_buffer|user_ring_buffer)_\w+' $^ | sort -u >$@

$(B)/libbpf/whole.o: $(LIBBPF_A)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(LD) -r --whole-archive $< -o $@

# "SIZE NAME" of the cache, whatever this libbpf calls it
$(B)/libbpf/cache.txt: $(B)/libbpf/whole.o
	@nm -S $< | awk '$$4 == "feature_probes" || $$4 == "feature_cache" { print $$2, $$4 }' >$@
	@[ -s $@ ] || { echo "$(LIBBPF_A): its cache of features is not where it was; see src/load/features.c"; \
		rm $@; exit 1; }

$(B)/gen/libbpf_cache.h: $(B)/libbpf/cache.txt
	@mkdir -p $(@D)
	@sed 's/\(.*\) .*/enum { LIBBPF_CACHE_SIZE = 0x\1 };/' $< >$@

$(LIBBPF): $(B)/libbpf/whole.o $(B)/libbpf/cache.txt $(B)/libbpf/api.txt src/load/libbpf.syms
	@echo "  LD    $@"
	@cache=$$(cut -d' ' -f2 $(B)/libbpf/cache.txt); \
	objcopy --globalize-symbol=$$cache $< $@ && \
	objcopy --redefine-sym=$$cache=load_feature_cache $@
	@objcopy --keep-global-symbols=$(B)/libbpf/api.txt --keep-global-symbol=load_feature_cache \
		--redefine-syms=src/load/libbpf.syms $@

# Everything, for our own programs.
$(B)/libskep-all.a: $(LIB_OBJS) $(LIBBPF)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

# libskep, whose names are skep_* alone ...
$(B)/libskep.a: $(EMBED_OBJS) $(LIBBPF)
	@rm -f $@
	@echo "  AR    $@"
	@$(LD) -r $^ -o $(B)/libskep.o
	@objcopy --wildcard --keep-global-symbol='skep_*' $(B)/libskep.o
	@$(AR) rcs $@ $(B)/libskep.o

$(B)/libskep.map:
	@mkdir -p $(@D)
	@echo 'SKEP_$(SO) { global: skep_*; local: *; };' >$@

$(B)/libskep.so: $(EMBED_OBJS) $(LIBBPF) $(B)/libskep.map
	@echo "  LD    $@"
	@$(CC) -shared -Wl,-soname,libskep.so.$(SO),-Bsymbolic,--version-script=$(B)/libskep.map,-z,defs \
		$(EMBED_OBJS) $(LIBBPF) -o $@ $(LDLIBS)

# ... and libskep-bpf, which has libbpf's besides.
GUARD = $(B)/obj/src/load/guard.o

$(B)/libskep-bpf.a: $(EMBED_OBJS) $(LIBBPF)
	@rm -f $@
	@echo "  AR    $@"
	@$(LD) -r $^ -o $(B)/libskep-bpf.o
	@objcopy --wildcard --keep-global-symbol='skep_*' --keep-global-symbols=$(B)/libbpf/api.txt \
		$(B)/libskep-bpf.o
	@$(AR) rcs $@ $(B)/libskep-bpf.o

$(B)/libskep-bpf.map: $(B)/libbpf/api.txt
	@{ echo 'SKEP_BPF_$(SO) { global: skep_*;'; sed 's/$$/;/' $<; echo 'local: *; };'; } >$@

$(B)/libskep-bpf.so: $(EMBED_OBJS) $(LIBBPF) $(GUARD) $(B)/libskep-bpf.map
	@echo "  LD    $@"
	@$(CC) -shared \
		-Wl,-soname,libskep-bpf.so.$(SO),-Bsymbolic,--version-script=$(B)/libskep-bpf.map,-z,defs \
		$(EMBED_OBJS) $(LIBBPF) $(GUARD) -o $@ $(LDLIBS)

$(B)/libskep-preload.so: $(PRELOAD)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) -shared $^ -o $@

$(foreach d,obj san tsan fuzz/obj,$(B)/$(d)/src/exec/cache.o): CPPFLAGS += -DSKEP_LIBDIR='"$(LIBDIR)"'

$(B)/skep: $(TOOL_OBJS) $(B)/libskep-all.a
	@echo "  LD    $@"
	@$(CC) $^ -o $@ -lpcap $(LDLIBS)

$(B)/libskep-san.a: $(SAN_OBJS) $(LIBBPF)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/%.bpf.o: %.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $@

examples: $(EXAMPLES)

# Objects that tests load.
TEST_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/*/objects/*.bpf.c))

# What facts say of constants and layouts, as C that holds it beside what our headers say.
ABI_FACTS = tests/facts/constants.tsv.xz tests/facts/struct_layout.tsv.xz
$(B)/gen/abi_facts.h: tests/sys/abi_facts.awk tests/facts/scope $(ABI_FACTS)
	@mkdir -p $(@D)
	@for f in $(ABI_FACTS); do xz -dc $$f > $(@D)/$$(basename $$f .xz) || exit 1; done
	@awk -f $< tests/facts/scope $(@D)/constants.tsv $(@D)/struct_layout.tsv > $@
$(B)/san/tests/sys/test_facts_abi.o: $(B)/gen/abi_facts.h

# A test is tests/FOLDER/test_NAME.c with a main of its own, or tests/FOLDER/test_NAME.sh; both
# speak TAP.
$(B)/tests/%: $(B)/san/tests/%.o $(TEST_LIB) $(B)/libskep-san.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(SAN) $^ -o $@ $(LDLIBS)

# Test-only: a disassembler, where it is installed.
$(B)/tests/jit/test_encoding: LDLIBS += $(if $(wildcard /usr/include/Zydis/Zydis.h),-lZydis)

# The same without sanitizers: what is run by the hundred thousand, and by the million in soak.
FAST_TESTS := $(patsubst %.c,$(B)/fast/%,$(wildcard tests/verifier/test_random*.c tests/verifier/test_num.c))
FAST_TEST_LIB := $(patsubst %,$(B)/obj/tests/lib/%.o,both duel embed gen risky risky_numbers verify)
$(B)/fast/tests/%: $(B)/obj/tests/%.o $(FAST_TEST_LIB) $(B)/libskep-all.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $^ -o $@ $(LDLIBS)

$(B)/libskep-tsan.a: $(TSAN_OBJS) $(LIBBPF)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/tsan/tests/%: $(B)/tsan/tests/%.o $(TSAN_TEST_LIB) $(B)/libskep-tsan.a
	@echo "  LD    $@"
	@$(CC) $(TSAN) $^ -o $@ $(LDLIBS)

check: all examples $(TEST_OBJECTS) bench-parts $(TESTS) $(FAST_TESTS) $(TSAN_TESTS)
	@B=$(B) tests/run $(TESTS) $(FAST_TESTS) $(TSAN_TESTS) $(wildcard tests/*/test_*.sh)

check-linux: all
	@B=$(B) tests/linux/check

# A million random programs on both engines, ten million that the verifier has to think about, a
# million of those beside Linux, mutations of the verifier, each of which a test has to notice: an
# hour.
soak: $(B)/tests/jit/test_random $(FAST_TESTS)
	SKEP_PROGRAMS=1000000 $(B)/tests/jit/test_random
	SKEP_PROGRAMS=10000000 $(B)/fast/tests/verifier/test_random
	SKEP_PROGRAMS=1000000 $(B)/fast/tests/verifier/test_random_linux
	B=$(B) tests/verifier/mutate

# Fuzzers: tests/fuzz/fuzz_NAME.c defines LLVMFuzzerTestOneInput; the library is built for it with
# coverage, ASan and UBSan.  Inputs that were found worth keeping stay in build/corpus.
SECONDS_EACH = 60
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJS := $(LIB_SRCS:%.c=$(B)/fuzz/obj/%.o)
FUZZ_TEST_LIB := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(wildcard tests/lib/*.c))
FUZZ_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

$(B)/fuzz/obj/%.o: %.c | $(B)/gen/libbpf_cache.h
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	@$(CLANG) $(STD) $(CPPFLAGS) $(FUZZ_CFLAGS) -c $< -o $@

$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_TEST_LIB) $(FUZZ_OBJS) $(LIBBPF)
	@echo "  LD    $@"
	@$(CLANG) -fsanitize=fuzzer,address,undefined $^ -o $@ $(LDLIBS)

fuzz: $(FUZZERS) examples
	@tests/fuzz/seeds.sh $(B)
	@for f in $(FUZZERS); do \
		mkdir -p $(B)/corpus/$${f##*/}; \
		echo "  $${f##*/} for $(SECONDS_EACH) s"; \
		$$f -max_total_time=$(SECONDS_EACH) -timeout=20 -rss_limit_mb=1024 -print_final_stats=0 \
			-artifact_prefix=$(B)/fuzz/ -verbosity=0 $(B)/corpus/$${f##*/} || exit 1; \
	done

# The benchmark: its programs as BPF objects, as bare instructions for DPDK (those without relocations)
# and as native code; then one program that runs them all.
BENCH := $(B)/bench
BENCH_PROGS := $(patsubst bench/progs/%.bpf.c,%,$(wildcard bench/progs/*.bpf.c))
# what has tail calls, maps or a context, which nothing but BPF has
BENCH_PLAIN := $(filter-out chain hook counter flows bucket conntrack firewall balancer producer,$(BENCH_PROGS))
BENCH_DPDK := $(if $(wildcard /usr/include/dpdk/rte_bpf.h),$(BENCH)/dpdk.so)

$(BENCH)/native/%.so: bench/progs/%.bpf.c bench/progs/bench.h bench/native.h
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) -O2 -DNATIVE -I. -Wall -fPIC -shared $< -o $@

$(BENCH)/raw/%.insns: bench/progs/%.bpf.c bench/progs/bench.h
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	@$(CLANG) $(BPF_CFLAGS) -g0 -mcpu=v2 -DBPF_RAW -c $< -o $@.o
	@if llvm-readelf -r $@.o | grep -q R_BPF; then : >$@; \
		else llvm-objcopy -O binary --only-section=raw $@.o $@; fi

$(BENCH)/dpdk.so: bench/dpdk.c
	@echo "  CC    $@"
	@$(CC) -O2 -fPIC -shared $$(pkg-config --cflags libdpdk) $< -o $@ -l:librte_bpf.a -lrte_mbuf -lrte_eal

$(BENCH)/progs/%.bpf.o: bench/progs/%.bpf.c bench/progs/bench.h
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# Linked with the system's libbpf, and with nothing that would catch its calls.
$(B)/libskep-core.a: $(filter-out $(B)/obj/src/load/%,$(LIB_OBJS))
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(BENCH)/bench: $(patsubst %.c,$(B)/obj/%.o,$(filter-out bench/dpdk.c,$(wildcard bench/*.c))) $(B)/libskep-core.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $^ -o $@ -lbpf -ldl -lm $(LDLIBS)

bench-parts: $(BENCH)/bench $(BENCH_DPDK) $(BENCH_PROGS:%=$(BENCH)/progs/%.bpf.o) \
	     $(BENCH_PLAIN:%=$(BENCH)/native/%.so) $(BENCH_PLAIN:%=$(BENCH)/raw/%.insns)

bench: bench-parts
	@BENCH_DIR=$(BENCH) $(BENCH)/bench $(CASE)
	@if command -v gnuplot >/dev/null; then gnuplot -e "dir='$(BENCH)'" bench/plot.gp; \
		echo "$(BENCH)/results.json  $(BENCH)/bench.svg"; \
		else echo "$(BENCH)/results.json  (the plot needs gnuplot)"; fi

# What stands in .ci/packages and is needed to build and to run the examples, not to test.
DEMO_PACKAGES = gcc make clang llvm libbpf-dev libelf-dev zlib1g-dev libpcap-dev linux-libc-dev
DEMO_MISSING = $(shell for p in $(DEMO_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done)

demo-packages:
	@missing="$(DEMO_MISSING)"; [ -z "$$missing" ] || \
		if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq $$missing; \
		else echo "First, as root:  apt-get install $$missing"; exit 1; fi

demo: demo-packages
	@$(MAKE) --no-print-directory all examples
	@set -ex; \
	$(B)/skep run $(B)/examples/drop.bpf.o --pcap examples/capture.pcap --map blocked 192.0.2.1=0; \
	$(B)/skep run $(B)/examples/parse.bpf.o parse --pcap examples/capture.pcap; \
	$(B)/skep run $(B)/examples/events.bpf.o --pcap examples/capture.pcap --record-type event

# What works, from the tables; tests/rules/test_docs.sh tells when it is due.
support: $(B)/skep
	@B=$(B) docs/support.sh >docs/support.new && mv docs/support.new docs/support.md

PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
INSTALL = install -D -m 644
MAN = $(wildcard man/*)

# $(call pc,NAME,DESCRIPTION,LIBRARY)
pc = printf 'prefix=%s\nlibdir=%s\nincludedir=$${prefix}/include\n\nName: %s\nDescription: %s\nVersion: %s\nLibs: -L$${libdir} -l%s\nLibs.private: -lelf -lz -lpthread\nCflags: -I$${includedir}\n' \
	'$(PREFIX)' '$(LIBDIR)' '$(1)' '$(2)' '$(VERSION)' '$(3)'

install: all
	@set -e; d="$(DESTDIR)"; \
	install -D -m 755 $(B)/skep "$$d$(PREFIX)/bin/skep"; \
	install -D -m 755 $(B)/libskep-preload.so "$$d$(LIBDIR)/libskep-preload.so"; \
	for h in include/skep/*.h; do $(INSTALL) $$h "$$d$(PREFIX)/$$h"; done; \
	for l in skep skep-bpf; do \
		$(INSTALL) $(B)/lib$$l.a "$$d$(LIBDIR)/lib$$l.a"; \
		install -D -m 755 $(B)/lib$$l.so "$$d$(LIBDIR)/lib$$l.so.$(VERSION)"; \
		ln -sf lib$$l.so.$(VERSION) "$$d$(LIBDIR)/lib$$l.so.$(SO)"; \
		ln -sf lib$$l.so.$(SO) "$$d$(LIBDIR)/lib$$l.so"; \
	done; \
	for m in $(MAN); do $(INSTALL) $$m "$$d$(PREFIX)/share/man/man$${m##*.}/$${m##*/}"; done; \
	mkdir -p "$$d$(LIBDIR)/pkgconfig" "$$d$(PREFIX)/share/bash-completion/completions"; \
	$(call pc,skep,Linux eBPF in your program,skep) >"$$d$(LIBDIR)/pkgconfig/skep.pc"; \
	$(call pc,skep-bpf,libbpf over skep instead of the kernel,skep-bpf) \
		>"$$d$(LIBDIR)/pkgconfig/skep-bpf.pc"; \
	$(B)/skep completion >"$$d$(PREFIX)/share/bash-completion/completions/skep"

clean:
	rm -rf $(B)

.PHONY: all bench bench-parts demo demo-packages examples install fuzz soak support check check-linux clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
