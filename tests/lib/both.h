/*
 * The same bpf() calls to Linux and to instances of ours: maps, programs with callbacks, test runs,
 * and all that a run leaves behind.  Wherever a skep may be given, NULL is Linux.
 */
#ifndef SKEP_TESTS_BOTH_H
#define SKEP_TESTS_BOTH_H

#include "base/abi.h"
#include "base/skep.h"
#include "isa/isa.h"

enum { BOTH_DATA = 24576, BOTH_MAPS = 6, BOTH_CONTENT = 65536 };

/* What is in a map's value besides numbers: its BTF is made for it. */
enum both_value { BOTH_PLAIN, BOTH_LOCK, BOTH_TIMER, BOTH_WORK };

struct both_map {
	char name[32];
	u32 type, key_size, value_size, max_entries;
	enum both_value value;
};

/* A program and what it is run with.  Its maps' fds come into the instructions that `refs` lists.
 */
struct both_prog {
	u32 type, attach, flags;
	struct bpf_insn *insns;
	u32 len;
	struct both_map map[BOTH_MAPS];
	u32 nr_maps;
	u32 ref_insn[64], ref_map[64], nr_refs;
	u8 data[BOTH_DATA], ctx[192];
	u32 data_len, ctx_len, test_flags;
};

/* What a run leaves. */
struct both_outcome {
	long load, run; /* 0 or -errno */
	u32 retval, data_len;
	u8 data[BOTH_DATA], ctx[192];
	u64 content[BOTH_CONTENT / 8]; /* of the maps, one after the other */
	char log[8192];                /* when it was not loaded */
};

/* bpf(2): what it returns, or -errno. */
long both_bpf(struct skep *skep, int cmd, union bpf_attr *attr);
void both_close(struct skep *skep, int fd);

/*
 * Step by step: the types that maps and programs need, a map, a program for the maps' fds, one run
 * of it.  fds, or -errno.
 */
int both_btf(struct skep *skep);
int both_map(struct skep *skep, int btf, const struct both_map *map);
int both_load(struct skep *skep, const struct both_prog *prog, int btf, const int *fds, char *log);
void both_test_run(struct skep *skep, const struct both_prog *prog, int fd,
		   struct both_outcome *out);

/*
 * prog's instructions from text, whose map[NAME]s are those of prog->map.  1, or 0 after a message;
 * isa_asm_free gives them back.
 */
int both_assemble(struct both_prog *prog, const char *text, struct isa_code *code);

/* Maps, load, run, read everything.  0 when a map could not be made or read (a message says so). */
int both_run(struct skep *skep, const struct both_prog *prog, struct both_outcome *out);

/* Everything the same?  If not, one line says where they part. */
int both_same(const struct both_outcome *theirs, const struct both_outcome *ours);

#endif
