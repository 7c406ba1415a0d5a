/*
 * A loaded program: what was checked, what was proven about it, and how to enter it.
 *
 *   u64 entry(void *ctx, struct run *run, const struct prog *self)
 *
 * is the one calling convention.  Compiled code ignores the third argument; the interpreters' entry
 * needs it, because all programs share their code.
 */
#ifndef SKEP_PROG_PROG_H
#define SKEP_PROG_PROG_H

#include "base/abi.h"
#include "base/obj.h"
#include "base/run.h"
#include "base/skep.h"
#include "helper/helper.h"
#include "map/map.h"

struct prog;
struct btf;
struct progtype;

typedef u64 (*prog_entry)(void *ctx, struct run *run, const struct prog *self);

/* What is known of the address that a load, store or helper argument uses. */
enum mem_kind {
	MEM_UNKNOWN,
	MEM_CTX,
	MEM_STACK,
	MEM_PACKET,
	MEM_MAP_VALUE,
	MEM_OTHER, /* ring buffer records, dynptr slices, sockets, BTF pointers, ... */
};

/*
 * What checking learnt about one instruction, for the engines.  All zero is always true: it claims
 * nothing.
 */
struct fact {
	u8 base;        /* enum mem_kind of the register that is dereferenced */
	u8 dead;        /* never reached: engines emit nothing, or a trap */
	u8 zext_needed; /* 1: the upper half of dst has to be cleared (engines whose 32-bit ops do
			   not) */
	u8 key_known;   /* map helpers: the key is the constant `key` */
	u32 key;
	struct map *map; /* calls of map helpers and ld_imm64 of maps: the one map it can be,
			    borrowed */
	const struct kfunc *kfunc; /* calls of kfuncs */
};

/* One function of the program; 0 is main. */
struct subprog {
	u32 start, end; /* insns [start, end) */
	u16 stack;      /* bytes its own frame needs, a multiple of 8 */
	u8 is_callback; /* entered from a helper through run->callback */
	u8 has_tail_call;
	u8 has_ld_abs;
};

struct prog {
	struct obj obj;
	prog_entry entry; /* set by the engine's compile */
	const struct engine *engine;
	void *image;    /* the engine's: machine code or threaded code */
	u32 image_size; /* jited_prog_len */
	struct run_home home; /* of its callbacks, where it has any: set by compile */
	const struct progtype *type;
	u32 expected_attach_type;
	u32 prog_flags;
	struct bpf_insn *insns; /* after rewriting: real context offsets, see below */
	struct fact *facts;     /* one an instruction */
	u32 len;
	struct subprog *subprogs;
	u32 nr_subprogs;
	struct map **maps; /* references */
	u32 nr_maps;
	struct bpf_insn *orig_insns; /* as they were loaded, for dumps */
	u32 orig_len;
	struct btf *btf; /* a reference, or NULL */
	/* what it said at load it will attach to: references, or NULL */
	struct btf *attach_btf;
	struct prog *attach_prog;
	u32 attach_btf_id;
	struct bpf_func_info *func_info;
	u32 nr_func_info;
	struct bpf_line_info *line_info; /* insn_off: of insns after rewriting */
	u32 nr_line_info;
	char name[BPF_OBJ_NAME_LEN];
	u32 max_ctx_offset; /* the farthest byte of the context that insns touch, plus one */
	u8 gpl;
	u8 changes_pkt;   /* calls a helper that moves packet data */
	u64 load_time_ns; /* since boot */
	u32 uid;          /* who loaded it */
	u32 verified_insns;
	_Atomic u64 run_cnt, run_time_ns, recursion_misses;
};

/*
 * What engines see in insns beyond the input language:
 *   ld_imm64, src_reg 0    the constant; maps and map values are resolved to addresses.
 *                          facts[].map tells which map a map pointer is.
 *   ld_imm64, BPF_PSEUDO_FUNC   imm = index of the subprogram that becomes a callback
 *   call, BPF_PSEUDO_CALL       imm = pc delta as in the input
 *   call, src_reg 0             imm = helper id
 *   call, BPF_PSEUDO_KFUNC_CALL facts[].kfunc
 * Context accesses have their final offset and width.
 */

/* An engine makes a program enterable.  compile sets entry, image, image_size; 0 or -errno. */
struct engine {
	const char *name; /* "jit", "interp", "checked" */
	int (*compile)(struct prog *prog);
	void (*release)(struct prog *prog);
};

extern const struct engine engine_none; /* of instances that only verify */

/*
 * Run it.  While somebody holds BPF_ENABLE_STATS, runs and their time are counted, as in Linux; a
 * tail call counts for the program that was entered.
 */
u64 prog_run_counted(const struct prog *prog, void *ctx, struct run *run);

static inline u64 prog_run(const struct prog *prog, void *ctx, struct run *run)
{
	if (unlikely(atomic_load_explicit(&run->skep->stats_users, memory_order_relaxed)))
		return prog_run_counted(prog, ctx, run);
	return prog->entry(ctx, run, prog);
}

struct skep_packet;

/*
 * Run over n packets of the host's, in a run that the caller has begun: skep/skep.h says what
 * becomes of them.  0; -EINVAL (a packet outside of its buffer, or a type that sees none), -EFAULT
 * (stopped by the checked interpreter), -ENOSPC (a packet outgrew its buffer): the packets before
 * are done.
 */
int prog_run_packets(const struct prog *prog, struct run *run, struct skep_packet *packets,
		     size_t n);

static inline struct prog *prog_of(struct obj *obj)
{
	return container_of(obj, struct prog, obj);
}

/*
 * An unpublished program with one reference and room for len orig_insns, all else zero; NULL
 * without memory.  What is set in it later is freed with it, by its engine where there is one.
 */
struct prog *prog_alloc(struct skep *skep, u32 len);

/* Linux's tag: the first 8 bytes of SHA-256 over the loaded insns, without the fds in them. */
void prog_tag(const struct prog *prog, u8 tag[BPF_TAG_SIZE]);

/*
 * What BPF_OBJ_GET_INFO_BY_FD tells without copying arrays: every member of info that is not an
 * address.  Addresses are left as they are.
 */
void prog_info(const struct prog *prog, struct bpf_prog_info *info);

/*
 * The program that a tail call reaches: entry `index` of a prog array, NULL when the call falls
 * through (index out of range, slot empty, 33 done already).  Counts the call in run->tail_calls.
 * Both engines jump to what it returns.  The program stays valid for as long as the run lasts.
 */
const struct prog *prog_tail_call(struct map *array, u32 index, struct run *run);

/*
 * May `array` hold (or be used by) prog?  The first program that a prog array meets decides which
 * kind it takes: type, attach type and XDP fragments, as in Linux.  0 or -EINVAL.
 */
int prog_array_claim(struct map *array, const struct prog *prog);

/* 1 and the program type that it takes, once there is one; 0 for maps of other types too. */
int prog_array_owner(const struct map *array, u32 *type);

#endif
