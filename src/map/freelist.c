/* Free elements: stripes of lists, and spares. */
#include <errno.h>

#include "base/spin.h"
#include "map/freelist.h"

u32 freelist_total(u32 entries, u32 stripes)
{
	return entries + stripes;
}

int freelist_create(struct freelist *f, const struct os *os, u32 entries, u32 stripes)
{
	u32 share = entries / stripes, rest = entries % stripes, fresh = 1;

	f->count = stripes;
	f->total = freelist_total(entries, stripes);
	f->memory = os_alloc(os, (stripes + 1ull) * sizeof(struct stripe));
	f->next = os_alloc(os, (f->total + 1ull) * sizeof(u32));
	if (!f->memory || !f->next)
		return -ENOMEM;
	f->stripes = u64_to_ptr(round_up_to(ptr_to_u64(f->memory), CACHE_LINE));
	for (u32 i = 0; i < stripes; i++) {
		struct stripe *s = &f->stripes[i];

		s->fresh = fresh;
		fresh += share + (i < rest);
		s->end = fresh;
		atomic_init(&s->spare, entries + 1 + i);
	}
	return 0;
}

void freelist_destroy(struct freelist *f, const struct os *os)
{
	os_free(os, f->next);
	os_free(os, f->memory);
}

static u32 take_here(struct freelist *f, struct stripe *s)
{
	u32 element;

	spin_lock(&s->lock);
	element = s->head;
	if (element)
		s->head = f->next[element];
	else if (s->fresh < s->end)
		element = s->fresh++;
	spin_unlock(&s->lock);
	return element;
}

u32 freelist_take(struct freelist *f, u32 stripe)
{
	for (u32 i = 0; i < f->count; i++) {
		u32 element = take_here(f, &f->stripes[(stripe + i) % f->count]);

		if (element)
			return element;
	}
	return 0;
}

void freelist_give(struct freelist *f, u32 stripe, u32 element)
{
	struct stripe *s = &f->stripes[stripe];

	spin_lock(&s->lock);
	f->next[element] = s->head;
	s->head = element;
	spin_unlock(&s->lock);
}

/*
 * The owner of a spare that is out gives it, or another element, back within a few instructions and
 * waits for nobody meanwhile: so waiting for it ends.
 */
u32 freelist_take_spare(struct freelist *f, u32 stripe)
{
	for (u32 i = stripe;; i = (i + 1) % f->count) {
		/* acquire: pairs with the release of who gave it, and is done with its memory */
		u32 element =
			atomic_exchange_explicit(&f->stripes[i].spare, 0, memory_order_acquire);

		if (likely(element))
			return element;
		element = freelist_take(f, i);
		if (element)
			return element;
		sched_yield();
	}
}

/* Any place will do; when none is free, the element it was taken in place of was of the lists. */
void freelist_give_spare(struct freelist *f, u32 stripe, u32 element)
{
	for (u32 i = 0; i < f->count; i++) {
		u32 none = 0;

		if (likely(atomic_compare_exchange_strong_explicit(
			    &f->stripes[(stripe + i) % f->count].spare, &none, element,
			    memory_order_release, memory_order_relaxed)))
			return;
	}
	freelist_give(f, stripe, element);
}
