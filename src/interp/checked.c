/*
 * engine_checked: the loop, guarded.  Nothing that a program does can reach memory that is not its
 * own, whatever was or was not proven about it; what it tries ends the run with a report.
 */
#include <stdarg.h>
#include <stdio.h>

#include "helper/packet.h"
#include "interp/checked.h"

#define DEFAULT_LIMIT (1ull << 32)
/* activations that may be inside each other, as many as Linux has frames */
#define MAX_DEPTH 8

struct guard {
	struct checked *c;
	struct stacks stacks;
	u64 left; /* instructions */
};

static const char *name_of_call(const void *cookie, const struct bpf_insn *insn)
{
	const struct helper *helper = insn->src_reg ? NULL : helper_by_id((u32)insn->imm);

	(void)cookie;
	return helper ? helper->name : NULL;
}

int checked_fault(struct checked *c, const struct code *ip, const char *fmt, ...)
{
	const struct isa_names names = {.call = name_of_call};
	struct interp_fault *fault = &c->watch->fault;
	const struct prog *prog = c->image->prog;
	char text[ISA_TEXT_MAX], what[sizeof(fault->text) - 80];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	c->run->fault = 1;
	fault->pc = (u32)(ip - c->image->code);
	if (fault->pc < prog->len)
		isa_disasm(&prog->insns[fault->pc], prog->len - fault->pc, &names, text);
	else
		snprintf(text, sizeof(text), "past the end");
	snprintf(fault->text, sizeof(fault->text), "insn %u: %.60s: %s", fault->pc, text, what);
	return -1;
}

static int guard_enter(struct guard *guard, const struct entry *entry, u8 *stack)
{
	struct interp_watch *watch = entry->run->engine;
	struct checked *c = watch->checked;
	u32 depth = c->top ? c->top->depth + 1 : 0;

	*guard = (struct guard){c, {c->top, ptr_to_u64(stack), 1, depth}, c->left};
	c->top = &guard->stacks;
	memset(stack, 0, CHECKED_STRIDE);
	if (depth < MAX_DEPTH)
		return 0;
	c->top = guard->stacks.outer;
	return checked_fault(c, entry->image->code + entry->start,
			     "callbacks are nested more than %d deep", MAX_DEPTH);
}

static void guard_leave(struct guard *guard)
{
	guard->c->top = guard->stacks.outer;
	guard->c->left = guard->left;
}

static inline int guard_step(struct guard *guard, const struct code *ip, const u64 *r)
{
	struct interp_watch *watch = guard->c->watch;

	if (unlikely(watch->step))
		watch->step(watch, (u32)(ip - guard->c->image->code), r);
	if (likely(guard->left--))
		return 0;
	guard->left = 0;
	return checked_fault(
		guard->c, ip,
		"the program ran more instructions than it may: is it an endless loop?");
}

static __attribute__((noinline)) int guard_mem_slow(struct guard *guard, const struct code *ip,
						    u64 addr, u32 size, enum guard_how how)
{
	static const char *const verbs[] = {"reads", "writes", "changes"};
	char where[160];

	if (how == GUARD_ATOMIC && addr % size)
		return checked_fault(guard->c, ip, "%u bytes at 0x%llx, which is not aligned", size,
				     (unsigned long long)addr);
	if (checked_memory(guard->c, addr, size, how))
		return 0;
	checked_describe(guard->c, addr, size, where, sizeof(where));
	return checked_fault(guard->c, ip, "%s %u bytes at %s", verbs[how], size, where);
}

/* The running frames' stacks, without a call. */
static inline int guard_mem(struct guard *guard, const struct code *ip, u64 addr, u32 size,
			    enum guard_how how)
{
	u64 off = addr - guard->stacks.base;
	u64 in_frame = off % CHECKED_STRIDE;

	if (likely(off < (u64)guard->stacks.frames * CHECKED_STRIDE && in_frame >= MAX_BPF_STACK &&
		   in_frame + size <= CHECKED_STRIDE && how != GUARD_ATOMIC))
		return 0;
	return guard_mem_slow(guard, ip, addr, size, how);
}

static int guard_call(struct guard *guard, const struct code *ip, const u64 *r)
{
	guard->c->left = guard->left;
	return checked_call(guard->c, ip, r);
}

/* A callback may have stopped the run. */
static int guard_called(struct guard *guard, const struct code *ip, const u64 *r)
{
	guard->left = guard->c->left;
	if (guard->c->run->fault)
		return -1;
	checked_called(guard->c, ip, r);
	return 0;
}

static int guard_frames(struct guard *guard, const struct code *ip, u32 nr)
{
	u64 stack = guard->stacks.base + (u64)(nr - 1) * CHECKED_STRIDE;

	if (nr > MAX_FRAMES)
		return checked_fault(guard->c, ip, "calls are nested more than %d deep",
				     MAX_FRAMES);
	if (nr > guard->stacks.frames)
		memset(u64_to_ptr(stack), 0, CHECKED_STRIDE);
	guard->stacks.frames = nr;
	return 0;
}

static int guard_tail(struct guard *guard, const struct code *ip, const u64 *r,
		      const struct image *image)
{
	struct checked *c = guard->c;
	const struct map *map;

	if (image) {
		c->image = image;
		c->last = NULL;
		return 0;
	}
	map = checked_map(c, r[2]);
	if (r[1] != c->ctx)
		return checked_fault(c, ip, "r1 is not the context");
	if (!map || map->type != BPF_MAP_TYPE_PROG_ARRAY)
		return checked_fault(c, ip, "r2 is not a program array of the program's");
	return 0;
}

static int guard_abs(struct guard *guard, const struct code *ip, const u64 *r)
{
	if (r[6] != guard->c->ctx)
		return checked_fault(guard->c, ip, "r6 is not the context");
	return 0;
}

static void guard_lost(struct guard *guard, const struct code *ip)
{
	if (!guard->c->run->fault)
		checked_fault(guard->c, ip, "this is no instruction that was loaded to be run");
}

#define LOOP checked_loop
#define LOOP_STRIDE CHECKED_STRIDE
#include "interp/loop.h"

/* Run with what is known set up; a run inside of this run's run has its own. */
static u64 checked_run(const struct entry *entry, u64 ctx)
{
	struct interp_watch own = {0}, *watch = entry->run->engine;
	struct checked c = {.run = entry->run, .image = entry->image, .ctx = ctx};
	void *outer;
	u64 value;

	if (!watch)
		entry->run->engine = watch = &own;
	outer = watch->checked;
	watch->checked = &c;
	c.watch = watch;
	c.left = watch->insn_limit ? watch->insn_limit : DEFAULT_LIMIT;
	if (!ctx) /* a callback by itself */
		checked_callback_args(&c, entry->args);
	value = checked_loop(entry);
	watch->checked = outer;
	if (watch == &own)
		entry->run->engine = NULL;
	return value;
}

/* Not 0 once the run has been stopped: what calls back again and again stops at that. */
static u64 checked_callback(struct run *run, u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct callback_code *to = u64_to_ptr(callback);
	const struct entry entry = {to->image, to->start, {a1, a2, a3, a4, a5}, run};
	struct interp_watch *watch = run->engine;
	u64 value;

	if (run->fault)
		return 1;
	if (!watch || !watch->checked)
		return checked_run(&entry, 0);
	checked_callback_args(watch->checked, entry.args);
	value = checked_loop(&entry);
	return run->fault ? 1 : value;
}

static u64 checked_entry(void *ctx, struct run *run, const struct prog *self)
{
	const struct entry entry = {self->image, 0, {ptr_to_u64(ctx)}, run};

	run->callback = checked_callback;
	return checked_run(&entry, ptr_to_u64(ctx));
}

static int checked_compile(struct prog *prog)
{
	const void *const *labels = u64_to_ptr(checked_loop(&(struct entry){0}));

	return interp_make(prog, labels, checked_entry, checked_callback);
}

const struct engine engine_checked = {"checked", checked_compile, interp_free};
