# make            build/skep, build/libskep.a, build/libskep.so
# make check      all tests
# make demo       install what is missing, build, run the examples over a capture
# make bench      skep beside native code, Linux and DPDK
# make soak       a million random programs, interpreter against JIT
# make fuzz       fuzzers, SECONDS=60 each
# make install    to PREFIX (/usr/local), below DESTDIR

B = build
CC = gcc
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
CPPFLAGS = -I. -Isrc -Iinclude -I$(B)/gen -D_GNU_SOURCE
CFLAGS = -O2 -g
STD = -std=gnu11 $(WARN) -fPIC -fvisibility=hidden -fno-strict-aliasing -MMD -MP
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDLIBS = -lpthread

SRCS := $(wildcard src/*/*.c src/*/*/*.c)
LIB_SRCS := $(filter-out src/tools/%,$(SRCS))
LIB_OBJS := $(LIB_SRCS:%.c=$(B)/obj/%.o)
SAN_OBJS := $(LIB_SRCS:%.c=$(B)/san/%.o)
TEST_LIB := $(patsubst %.c,$(B)/san/%.o,$(wildcard tests/lib/*.c))
TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/*/test_*.c))
# What tests threads runs a second time under ThreadSanitizer.
TSAN = -fsanitize=thread
TSAN_OBJS := $(LIB_SRCS:%.c=$(B)/tsan/%.o)
TSAN_TEST_LIB := $(patsubst %.c,$(B)/san/%.o,$(wildcard tests/lib/*.c))
TESTS := $(patsubst %.c,$(B)/tsan/%,$(wildcard tests/threads/test_*.c))

# BPF objects: any clang from 14 up.  Debian keeps the machine's own headers in a folder that clang
# does not search when it compiles for BPF.
CLANG = clang
BPF_CFLAGS = -target bpf -O2 -g -mcpu=v3 -Wall -I/usr/include/$(shell uname -m)-linux-gnu
EXAMPLES := $(patsubst %.c,$(B)/%.o,$(wildcard examples/*.bpf.c))

all: $(B)/libskep.a

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) -O1 -g $(SAN) -c $< -o $@

$(B)/tsan/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) -O1 -g $(TSAN) -c $< -o $@

$(B)/libskep.a: $(LIB_OBJS)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/libskep-san.a: $(SAN_OBJS)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/%.bpf.o: %.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $@

examples: $(EXAMPLES)

# A test is tests/FOLDER/test_NAME.c with a main of its own, or tests/FOLDER/test_NAME.sh; both
# speak TAP.
$(B)/tests/%: $(B)/san/tests/%.o $(TEST_LIB) $(B)/libskep-san.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(SAN) $^ -o $@ $(LDLIBS)

# Test-only: a disassembler, where it is installed.
$(B)/tests/jit/test_encoding: LDLIBS += $(if $(wildcard /usr/include/Zydis/Zydis.h),-lZydis)

$(B)/libskep-tsan.a: $(TSAN_OBJS)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/tsan/tests/%: $(B)/tsan/tests/%.o $(B)/libskep-tsan.a
	@echo "  LD    $@"
	@$(CC) $(TSAN) $^ -o $@ $(LDLIBS)

check: all $(TESTS) $(TSAN_TESTS)
	@B=$(B) tests/run $(TESTS) $(TSAN_TESTS) $(wildcard tests/*/test_*.sh)

# A million random programs on both engines: about a minute.
soak: $(B)/tests/jit/test_random
	SKEP_PROGRAMS=1000000 $<

# Fuzzers: tests/fuzz/fuzz_NAME.c defines LLVMFuzzerTestOneInput; the library is built for it with
# coverage, ASan and UBSan.  Inputs that were found worth keeping stay in build/corpus.
SECONDS_EACH = 60
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJS := $(LIB_SRCS:%.c=$(B)/fuzz/obj/%.o)
FUZZ_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	@$(CLANG) $(STD) $(CPPFLAGS) $(FUZZ_CFLAGS) -c $< -o $@

$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJS)
	@echo "  LD    $@"
	@$(CLANG) -fsanitize=fuzzer,address,undefined $^ -o $@ $(LDLIBS)

fuzz: $(FUZZERS)
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
# chain has tail calls, which nothing but BPF has
BENCH_PLAIN := $(filter-out chain counter flows bucket conntrack firewall balancer producer,$(BENCH_PROGS))
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

$(BENCH)/bench: $(patsubst %.c,$(B)/obj/%.o,$(filter-out bench/dpdk.c,$(wildcard bench/*.c))) $(B)/libskep.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $^ -o $@ -lbpf -ldl -lm $(LDLIBS)

# One part by itself: what no program of the table above shows.
$(BENCH)/micro/%: $(B)/obj/bench/micro/%.o $(B)/libskep.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $^ -o $@ $(LDLIBS)

bench: $(BENCH)/micro/jit_compile $(BENCH)/bench $(BENCH_DPDK) $(BENCH_PROGS:%=$(BENCH)/progs/%.bpf.o) \
       $(BENCH_PLAIN:%=$(BENCH)/native/%.so) $(BENCH_PLAIN:%=$(BENCH)/raw/%.insns)
	@$(BENCH)/micro/jit_compile
	@BENCH_DIR=$(BENCH) $(BENCH)/bench $(CASE)
	@if command -v gnuplot >/dev/null; then gnuplot -e "dir='$(BENCH)'" bench/plot.gp; \
		echo "$(BENCH)/results.json  $(BENCH)/bench.svg"; \
		else echo "$(BENCH)/results.json  (the plot needs gnuplot)"; fi

clean:
	rm -rf $(B)

.PHONY: all bench examples fuzz soak check clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
