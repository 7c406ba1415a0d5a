/* The heap of timers. */
#include "map/timer_heap.h"

#include <errno.h>

int timer_heap_reserve(struct timer_heap *h, const struct os *os, u32 count)
{
	struct timer_node **node;
	u32 room = h->room ? 2 * h->room : 64;

	if (count <= h->room)
		return 0;
	node = os_alloc(os, (size_t)room * sizeof(struct timer_node *));
	if (!node)
		return -ENOMEM;
	if (h->count)
		memcpy(node, h->node, (size_t)h->count * sizeof(struct timer_node *));
	os_free(os, h->node);
	h->node = node;
	h->room = room;
	return 0;
}

static void put_at(struct timer_heap *h, u32 place, struct timer_node *node)
{
	h->node[place - 1] = node;
	node->place = place;
}

/* Find the node its place, from a free one on: towards the first, then away from it. */
static void settle(struct timer_heap *h, u32 place, struct timer_node *node)
{
	for (; place > 1 && node->due < h->node[place / 2 - 1]->due; place /= 2)
		put_at(h, place, h->node[place / 2 - 1]);
	for (u32 child = 2 * place; child <= h->count; child = 2 * place) {
		if (child < h->count && h->node[child]->due < h->node[child - 1]->due)
			child++;
		if (node->due <= h->node[child - 1]->due)
			break;
		put_at(h, place, h->node[child - 1]);
		place = child;
	}
	put_at(h, place, node);
}

void timer_heap_add(struct timer_heap *h, struct timer_node *node)
{
	h->count++;
	settle(h, h->count, node);
}

void timer_heap_remove(struct timer_heap *h, struct timer_node *node)
{
	u32 place = node->place;
	struct timer_node *last = h->node[--h->count];

	node->place = 0;
	if (last != node)
		settle(h, place, last);
}
