# make            build/skep, build/libskep.a, build/libskep.so
# make check      all tests
# make demo       install what is missing, build, run the examples over a capture
# make bench      skep beside native code, Linux and DPDK
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
TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/*/test_*.c))

all: $(B)/libskep.a

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(STD) $(CPPFLAGS) -O1 -g $(SAN) -c $< -o $@

$(B)/libskep.a: $(LIB_OBJS)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

$(B)/libskep-san.a: $(SAN_OBJS)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

# A test is tests/FOLDER/test_NAME.c with a main of its own, or tests/FOLDER/test_NAME.sh; both
# speak TAP.
$(B)/tests/%: $(B)/san/tests/%.o $(B)/libskep-san.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(SAN) $^ -o $@ $(LDLIBS)

check: all $(TESTS)
	@B=$(B) tests/run $(TESTS) $(wildcard tests/*/test_*.sh)

clean:
	rm -rf $(B)

.PHONY: all check clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
