/*
 * What the passes share.  A pass is a function over struct env that returns 0 or -errno; on an
 * error it has written Linux's words to the log.  Nothing of prog changes before the last pass.
 */
#ifndef SKEP_VERIFIER_INTERNAL_H
#define SKEP_VERIFIER_INTERNAL_H

#include "base/arena.h"
#include "base/log.h"
#include "base/skep.h"
#include "isa/isa.h"
#include "verifier/verifier.h"

enum {
	MAX_INSNS = 1000000, /* of a program, and visits of instructions */
	MAX_SUBPROGS = 256,
	MAX_MAPS = 64,
	MAX_FRAMES = 8,
	NO_PC = UINT32_MAX,
};

/* What is known of an instruction besides its text. */
enum mark {
	MARK_SECOND = 1,  /* the second slot of a ld_imm64 */
	MARK_JOIN = 2,    /* control comes from more than the instruction before */
	MARK_REACHED = 4, /* some path leads here */
	MARK_LISTED = 8,  /* the flow pass is to come back to it */
	MARK_CALLER = 16, /* its callee knows that it returns here */
};

struct flow;

struct env {
	struct prog *prog;
	union bpf_attr *attr; /* only the record sizes are ever written */
	struct log *log;      /* may be NULL */
	struct skep *skep;
	struct arena arena;
	void *borrowed; /* the arena's first piece, the instance's */

	/* what becomes the program's */
	struct bpf_insn *insns;
	struct fact *facts;
	struct subprog *subprogs;
	struct map **maps; /* references; ld_imm64 of a map has its index in imm */
	struct bpf_func_info *func_info;
	struct bpf_line_info *line_info;
	u32 len, nr_subprogs, nr_maps, nr_func_info, nr_line_info;
	u32 max_ctx_offset;
	u8 changes_pkt;

	u8 *marks; /* enum mark, one an instruction */
	u8 *mem;   /* enum mem_kind of the address register, one an instruction */
	struct kfunc_ref *kfuncs;
	u32 nr_kfuncs;
	u32 processed; /* instructions visited by flow */
	u32 total_states, peak_states, max_states;
	const struct helper *absent; /* a helper that is called, and that skep does not have */
	u64 start_ns;
};

/* The passes, in the order of verifier.c. */
int pass_fd_array(struct env *env);
int pass_func_info_early(struct env *env);
int pass_find_subprogs(struct env *env);
int pass_check_subprogs(struct env *env);
int pass_records(struct env *env);
int pass_ld_imm64(struct env *env);
int pass_cfg(struct env *env);
int pass_sleepable(struct env *env);
int pass_license(struct env *env);
int pass_walk(struct env *env);
int pass_kinds(struct env *env);
int pass_stack(struct env *env);
int pass_present(struct env *env);
int pass_rewrite(struct env *env);

/* Refuse the program: log one line, return err. */
__attribute__((format(printf, 3, 4))) int reject(struct env *env, int err, const char *fmt, ...);

/* "12: (b7) r0 = 0" */
void log_insn(struct env *env, u32 pc);
void log_insn_text(struct env *env, u32 pc); /* without its number */

/* A helper's name without "bpf_", "unknown" where Linux has none. */
const char *helper_name(u32 id);

/* The subprogram that begins at pc (or contains it), or -1. */
int subprog_at(const struct env *env, u32 pc);
u32 subprog_of(const struct env *env, u32 pc);

/* enum btf_func_linkage of a subprogram that func_info describes. */
u32 subprog_linkage(const struct env *env, u32 sub);

/* May this helper be given this map?  Linux's check_map_func_compatibility.  0 or -EINVAL. */
int compat_check(struct env *env, const struct helper *helper, const struct map *map);

/* What a call of a kfunc means; NULL before pass_find_subprogs has met it. */
const struct kfunc *kfunc_called(const struct env *env, const struct bpf_insn *insn);
int kfunc_add(struct env *env, const struct bpf_insn *insn);

#endif
