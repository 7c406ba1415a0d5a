/* engine_interp: the loop for programs that have been checked.  Nothing guards it. */
#include "interp/internal.h"

struct guard {
	char nothing;
};

static inline int guard_enter(struct guard *guard, const struct entry *entry, u8 *stack)
{
	(void)guard, (void)entry, (void)stack;
	return 0;
}

static inline void guard_leave(struct guard *guard)
{
	(void)guard;
}

static inline int guard_step(struct guard *guard, const struct code *ip, const u64 *r)
{
	(void)guard, (void)ip, (void)r;
	return 0;
}

static inline int guard_mem(struct guard *guard, const struct code *ip, u64 addr, u32 size,
			    enum guard_how how)
{
	(void)guard, (void)ip, (void)addr, (void)size, (void)how;
	return 0;
}

static inline int guard_call(struct guard *guard, const struct code *ip, const u64 *r)
{
	(void)guard, (void)ip, (void)r;
	return 0;
}

static inline int guard_called(struct guard *guard, const struct code *ip, const u64 *r)
{
	return guard_call(guard, ip, r);
}

static inline int guard_frames(struct guard *guard, const struct code *ip, u32 nr)
{
	(void)guard, (void)ip, (void)nr;
	return 0;
}

static inline int guard_tail(struct guard *guard, const struct code *ip, const u64 *r,
			     const struct image *image)
{
	(void)image;
	return guard_call(guard, ip, r);
}

static inline int guard_abs(struct guard *guard, const struct code *ip, const u64 *r)
{
	return guard_call(guard, ip, r);
}

static inline void guard_lost(struct guard *guard, const struct code *ip)
{
	(void)guard, (void)ip;
}

#define LOOP fast_loop
#define LOOP_STRIDE MAX_BPF_STACK
#include "interp/loop.h"

static u64 fast_callback(struct run *run, u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct callback_code *to = u64_to_ptr(callback);

	return fast_loop(&(struct entry){to->image, to->start, {a1, a2, a3, a4, a5}, run});
}

static u64 fast_entry(void *ctx, struct run *run, const struct prog *self)
{
	run->callback = fast_callback;
	return fast_loop(&(struct entry){self->image, 0, {ptr_to_u64(ctx)}, run});
}

static int fast_compile(struct prog *prog)
{
	const void *const *labels = u64_to_ptr(fast_loop(&(struct entry){0}));

	return interp_make(prog, labels, fast_entry, fast_callback);
}

const struct engine engine_interp = {"interp", fast_compile, interp_free};
