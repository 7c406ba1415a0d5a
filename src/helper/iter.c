/* Open-coded iterators: over a range of numbers, and over the bits that are set in memory. */
#include "helper/internal.h"
#include "helper/probe.h"

enum { LOOPS_MAX = 8 << 20 }; /* BPF_MAX_LOOPS */

struct iter_num {
	s32 current, end;
};
_Static_assert(sizeof(struct iter_num) == sizeof(struct bpf_iter_num), "what programs reserve");

static u64 num_empty(struct iter_num *it, int err)
{
	it->current = it->end = 0;
	return (u32)err;
}

HELPER_FN(kfunc_iter_num_new)
{
	struct iter_num *it = u64_to_ptr(r1);
	const s32 start = (s32)r2, end = (s32)r3;

	if (start > end)
		return num_empty(it, -EINVAL);
	if ((s64)end - start > LOOPS_MAX)
		return num_empty(it, -E2BIG);
	/* one before the first, which may wrap: next adds it back */
	it->current = (s32)((u32)start - 1);
	it->end = end;
	return 0;
}

HELPER_FN(kfunc_iter_num_next)
{
	struct iter_num *it = u64_to_ptr(r1);
	const s32 next = (s32)((u32)it->current + 1);

	if (next >= it->end)
		return num_empty(it, 0);
	it->current = next;
	return ptr_to_u64(&it->current);
}

HELPER_FN(kfunc_iter_num_destroy)
{
	return num_empty(u64_to_ptr(r1), 0);
}

enum { WORD_BITS = 64, WORDS_MAX = 511 };

/* Up to 64 bits are kept in the iterator, more in memory of their own. */
struct iter_bits {
	union {
		u64 copy;
		u64 *words;
	};
	s32 nr_bits;
	s32 bit; /* the last that was given out */
};
_Static_assert(sizeof(struct iter_bits) == sizeof(struct bpf_iter_bits), "what programs reserve");

static int bits_fetch(struct iter_bits *it, u64 from, u32 words, const struct os *os)
{
	if (words == 1)
		return probe_read(&it->copy, from, sizeof(u64));
	u64 *copy = os_alloc(os, words * sizeof(u64));
	if (!copy)
		return -ENOMEM;
	int err = probe_read_kernel(copy, from, words * sizeof(u64));
	if (err)
		os_free(os, copy);
	else
		it->words = copy;
	return err;
}

HELPER_FN(kfunc_iter_bits_new)
{
	struct iter_bits *it = u64_to_ptr(r1);
	u32 words = (u32)r3;

	*it = (struct iter_bits){.bit = -1};
	if (!r2 || !words)
		return (u32)-EINVAL;
	if (words > WORDS_MAX)
		return (u32)-E2BIG;
	int err = bits_fetch(it, r2, words, run->skep->os);
	if (err) {
		it->copy = 0;
		return (u32)err;
	}
	it->nr_bits = (s32)words * WORD_BITS;
	return 0;
}

/* The first set bit from `bit` on, nr_bits when there is none. */
static s32 next_bit(const struct iter_bits *it, s32 bit)
{
	const u64 *words = it->nr_bits == WORD_BITS ? &it->copy : it->words;

	while (bit < it->nr_bits) {
		u64 rest = words[bit / WORD_BITS] >> bit % WORD_BITS;
		if (rest)
			return bit + __builtin_ctzll(rest);
		bit = (bit / WORD_BITS + 1) * WORD_BITS;
	}
	return it->nr_bits;
}

HELPER_FN(kfunc_iter_bits_next)
{
	struct iter_bits *it = u64_to_ptr(r1);

	if (it->bit >= it->nr_bits)
		return 0;
	it->bit = next_bit(it, it->bit + 1);
	return it->bit < it->nr_bits ? ptr_to_u64(&it->bit) : 0;
}

HELPER_FN(kfunc_iter_bits_destroy)
{
	struct iter_bits *it = u64_to_ptr(r1);

	if (it->nr_bits > WORD_BITS)
		os_free(run->skep->os, it->words);
	*it = (struct iter_bits){0};
	return 0;
}
