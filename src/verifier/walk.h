/*
 * The walk: Linux's verifier proper.  It follows every path from the first instruction, in Linux's
 * order, changing `cur`, until all paths end or one is refused.  What the files share is here, a
 * block a file; docs/verifier.md has the map.
 *
 * Steps return 0 (go on at w->next), or -errno; what could not be seen through is refused.
 */
#ifndef SKEP_VERIFIER_WALK_H
#define SKEP_VERIFIER_WALK_H

#include "verifier/internal.h"
#include "verifier/livestack.h"
#include "verifier/precise.h"
#include "verifier/state.h"
#include "verifier/watch.h"

enum point {
	POINT_PRUNE = 1,    /* states are kept and compared here */
	POINT_JUMP = 2,     /* the way to here is recorded */
	POINT_FORCE = 4,    /* a state is kept at every visit */
	POINT_CALLBACK = 8, /* a call that runs a callback before it returns */
};

enum {
	MAX_PENDING = 8192,
	NO_REG = 255,
	CALLER_SAVED = 6,
	MAX_VAR_OFF = 1 << 29,
};

/* A path that was left for later. */
struct pending {
	struct state state;
	struct pending *below;
	u32 pc, prev_pc;
	u64 log_pos;
};

/* What is known of an instruction of this program, besides env->insns and env->marks. */
struct insn_note {
	u16 op;    /* enum isa_op */
	u8 points; /* enum point */
	u8 seen;   /* what depends on the instruction alone was checked */
	u8 mem;    /* enum mem_kind, of what it dereferences */
	u8 mem_seen;
	u8 key_state; /* enum key_state */
	u16 live;     /* registers that are read from here on, before they are written */
	u32 ptr;      /* full type it dereferences; 0: not yet */
	u32 key;      /* of a lookup in an array */
	u32 scc;
	u32 succ[2]; /* what may follow in the same function */
	u8 nr_succ;
	struct map *map; /* calls: the map passed; MAP_SEVERAL */
};

enum key_state { KEY_UNSEEN, KEY_KNOWN, KEY_SEVERAL };
#define MAP_SEVERAL ((struct map *)1)

/* What a function takes and gives, by its BTF: func.c. */
struct func {
	u8 args_ready, arg_count;
	u8 called; /* a global function that somebody calls */
	u8 verified;
	u8 changes_pkt; /* it, or what it calls */
	u8 might_sleep;
	u8 has_ld_abs, has_tail_call;
	u8 is_global, returns_void;
	struct func_arg *arg; /* [5] */
	u32 name;             /* btf name_off, 0: none */
};

struct walk {
	struct env *env;
	struct pool pool;
	struct insn_note *note; /* by pc */
	struct func *func;      /* by subprogram */
	u32 *postorder;         /* pcs, subprogram by subprogram: liveregs.c */
	u32 *postorder_start;   /* by subprogram; one more */
	struct state *cur;
	u32 pc, prev_pc, next;
	u32 came_from; /* the instruction before the one at hand */
	u8 path_ends, step_recorded;
	u8 raw_reg;
	u32 raw_size;
	u8 print_state; /* control came from elsewhere: the log says from where */
	u8 strict_alignment, always_checkpoint, check_invariants, sleepable;
	struct pending *pending;
	u32 nr_pending;
	struct state **kept; /* by hash: prune.c */
	u32 kept_size, evicted_size, nr_backedges;
	struct scc_visit *visits;
	u32 jumps, jumps_at_keep, insns_at_keep;
	u32 total_states, peak_states, max_states;
	u32 ids;
	u32 scratched; /* registers that the log shows */
	u64 scratched_slots;
	u64 log_at, log_len; /* of the instruction's text in the log */
	struct reg fake;     /* a constant operand as a register */
	struct precise precise;
	struct livestack live;
	struct idmap *idmap; /* equal.c */
	u32 *tags;           /* declaration tags of the program's BTF: func.c */
	u32 nr_tags;
	const struct bpf_line_info *line; /* that the log showed last */
	u8 level1, level2;
	struct verify_watch *watch; /* or NULL */
};

static inline struct reg *reg_at(struct walk *w, u32 i)
{
	return &state_top(w->cur)->reg[i];
}

static inline const struct bpf_insn *insn_at(const struct walk *w, u32 pc)
{
	return &w->env->insns[pc];
}

static inline struct frame *frame_of(struct walk *w, const struct reg *stack_ptr)
{
	return w->cur->frame[stack_ptr->frame];
}

static inline void touch_reg(struct walk *w, u32 i)
{
	w->scratched |= 1u << i;
}

static inline void touch_slot(struct walk *w, u32 i)
{
	w->scratched_slots |= 1ull << i;
}

static inline void touch_all(struct walk *w)
{
	w->scratched = ~0u;
	w->scratched_slots = ~0ull;
}

/* walk.c */
int walk_read(struct walk *w, u32 reg); /* an instruction reads it: it has to be written */
/* Leave a path for later that goes on at pc; *out is its state. 0, -E2BIG, -ENOMEM */
int walk_push(struct walk *w, u32 pc, u32 prev_pc, struct state **out);
int walk_record(struct walk *w, u32 flags, u64 linked);
int not_yet(struct walk *w, const char *what); /* refuse: second half */
void forget_caller_saved(struct walk *w);

/* points.c, liveregs.c, scc.c: before the walk.  0 or -ENOMEM */
int points_find(struct walk *w);
int liveregs_order(struct walk *w);
int liveregs_compute(struct walk *w);
int scc_compute(struct walk *w);

/* show.c: Linux's words for states */
void show_state(struct walk *w, const struct state *s, u32 depth, int all);
void show_insn_state(struct walk *w, const struct state *s, u32 depth);
void show_source(struct walk *w, u32 pc, const char *prefix);

/* alu.c, pointer.c */
int do_alu(struct walk *w, const struct bpf_insn *insn);
const char *alu_op_text(const struct bpf_insn *insn); /* "+=" */
int pointer_arith(struct walk *w, const struct bpf_insn *insn, const struct reg *ptr,
		  const struct reg *by);
int pointer_sane(struct walk *w, const struct reg *r, u32 full);

/* jump.c, nulls.c, packets.c, links.c */
int do_jump(struct walk *w, const struct bpf_insn *insn);
int do_may_goto(struct walk *w, const struct bpf_insn *insn);
void null_checked(struct reg *r); /* it is not NULL: what is it now? */
int null_decide(struct walk *w, struct state *s, u32 reg, int is_null);  /* all of its id too */
int packets_branch(const struct reg *dst, const struct reg *src, u8 op); /* as num_branch */
/* both branches learn from "if dst op src".  1: it was a comparison of packets; 0, -ENOMEM */
int packets_compare(struct walk *w, const struct bpf_insn *insn, struct state *taken);
int forget_packets(struct walk *w);
/* Linked: a number of entries in the low bits, LINK_BITS each above. */
void links_assign(struct walk *w, struct reg *r); /* before r is copied */
void links_collect(struct walk *w, struct state *s, u32 id, u64 *linked);
u32 links_count(u64 linked);
struct link {
	u8 frame, is_reg, at;
};
struct link links_get(u64 linked, u32 i);
int links_sync(struct walk *w, struct state *s, const struct reg *known, u64 linked);

/* mem.c: an access.  value: register that is loaded or stored, NO_REG: none */
struct access {
	u32 pc;
	u32 reg; /* that is dereferenced */
	s32 off; /* the instruction's */
	u32 size;
	u8 write;
	u8 value;
	u8 strict; /* alignment counts whatever the machine */
	u8 sign;   /* load: sign-extended */
};
int mem_access(struct walk *w, const struct access *a);
int mem_aligned(struct walk *w, const struct access *a);
int do_load(struct walk *w, const struct bpf_insn *insn);
int do_store(struct walk *w, const struct bpf_insn *insn);
int do_atomic(struct walk *w, const struct bpf_insn *insn);

/* region.c: ranges in maps, packets, buffers */
int region_map(struct walk *w, const struct access *a, int zero_ok);
int region_map_perm(struct walk *w, const struct access *a);
int region_map_load(struct walk *w, const struct access *a, struct reg *out); /* 1: constant */
int region_packet(struct walk *w, const struct access *a, int zero_ok);
int region_mem(struct walk *w, const struct access *a, u32 mem_size, int zero_ok);
int packet_allowed(struct walk *w, int write, const struct helper *helper);

/* ctx.c */
struct ctx_loaded {
	u32 full;
	const struct ctx_field *field;
};
int ctx_check(struct walk *w, const struct access *a, struct ctx_loaded *out);
int ctx_pointer(struct walk *w, const struct reg *r, u32 regno); /* passed as it came? */
int sock_check(struct walk *w, const struct access *a);

/* stack.c of the walk: slots.c */
int slots_load(struct walk *w, const struct access *a);
int slots_store(struct walk *w, const struct access *a);
int slots_check(struct walk *w, const struct access *a); /* inside the stack? */
/* a helper gets `size` bytes there. write: it fills them; raw: they need not be initialised */
struct stack_arg {
	u32 reg;
	s64 off;
	u32 size;
	u8 write, raw, zero_ok;
};
/* raw: w->raw_reg and w->raw_size tell what the call is to write */
int slots_arg(struct walk *w, const struct stack_arg *a);
/* the constant in size bytes at fp + off of that frame: 1, 0 when unknown */
int slots_const(struct walk *w, const struct reg *ptr, u32 size, u64 *value);

/* precise.c */
int precise_reg(struct walk *w, u32 reg);
int precise_now(struct walk *w); /* what w->precise was told of */
void precise_all(struct walk *w, struct state *from);
void show_slots(struct walk *w, u64 slots); /* "-8,-16" */

/* prune.c, equal.c, scc_visit.c */
int prune_begin(struct walk *w);
int prune_visit(struct walk *w);                  /* 1: seen already; 0; -errno */
int prune_leave(struct walk *w, struct state *s); /* a path ended: branches of its parents */
void prune_peak(struct walk *w);
void prune_forget(struct walk *w); /* all kept states */
int prune_same_calls(const struct state *a, const struct state *b);
int prune_widen(struct walk *w, const struct state *old, struct state *s);
enum exactness { EXACT_NOT, EXACT, EXACT_RANGE };
int states_equal(struct walk *w, struct state *old, struct state *cur, enum exactness exact);
int visits_enter(struct walk *w, struct state *s);
int visits_exit(struct walk *w, struct state *s);
void visits_forget(struct walk *w);
int equal_begin(struct walk *w); /* 0: no memory */
int visits_incomplete(struct walk *w, const struct state *s);
int visits_add_backedge(struct walk *w, struct state *old, struct state *copy);
int propagate_precision(struct walk *w, const struct state *old, struct state *cur, u8 *changed);

/* call.c, helper args, results */
int do_call(struct walk *w, const struct bpf_insn *insn);
int call_helper(struct walk *w, const struct bpf_insn *insn);
int call_func(struct walk *w, const struct bpf_insn *insn);
int call_kfunc(struct walk *w, const struct bpf_insn *insn);
int do_exit(struct walk *w);
/* What may end a function: return_may, then R0, then return_now. */
int return_may(struct walk *w);
int return_now(struct walk *w);
int check_ld_abs_type(struct env *env);
int do_ld_abs(struct walk *w, const struct bpf_insn *insn);
int do_ld_imm64(struct walk *w, const struct bpf_insn *insn);
int leak_check(struct walk *w, int at_exit, const char *what);
int release_ref(struct walk *w, u32 ref_id);

/* keys.c: more constant keys than the walk has met */
void keys_find(struct walk *w);

/* func.c: functions by their BTF */
int func_begin(struct walk *w);
int func_prepare(struct walk *w, u32 sub);    /* args of the prototype; 0 or -EINVAL */
int func_check_args(struct walk *w, u32 sub); /* of a call of a global function */
int func_set_args(struct walk *w, u32 sub, struct reg *regs);
const char *func_name(const struct walk *w, u32 sub);

#endif
