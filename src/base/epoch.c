/* Epochs: what is retired waits for the runs that might still see it. */
#include "base/epoch.h"
#include "base/slot.h"

void epoch_create(struct epoch *epoch)
{
	atomic_init(&epoch->now, 1);
	pthread_mutex_init(&epoch->lock, NULL);
	epoch->limbo = NULL;
}

/* Freeing may retire more (a map drops its inner maps), so no lock is held here. */
static void free_list(struct retired *item)
{
	while (item) {
		struct retired *next = item->next;

		item->free(item);
		item = next;
	}
}

void epoch_destroy(struct epoch *epoch)
{
	while (epoch->limbo) {
		struct retired *all = epoch->limbo;

		epoch->limbo = NULL;
		free_list(all);
	}
	pthread_mutex_destroy(&epoch->lock);
}

/* The epoch of the oldest run under way, or U64_MAX when there is none. */
static u64 oldest(const struct slots *slots)
{
	u64 min = UINT64_MAX;

	for (u32 i = 0; i < slots->count; i++) {
		u64 state = atomic_load(&slots->slot[i].state);

		if (state && state < min)
			min = state;
	}
	return min;
}

/* Take what may go out of limbo. */
static struct retired *take_free(struct epoch *epoch, struct slots *slots)
{
	struct retired *ready = NULL, **at = &epoch->limbo;
	u64 min = oldest(slots);

	while (*at) {
		struct retired *item = *at;

		if (item->epoch < min) {
			*at = item->next;
			item->next = ready;
			ready = item;
		} else {
			at = &item->next;
		}
	}
	return ready;
}

void epoch_retire(struct epoch *epoch, struct slots *slots, struct retired *item,
		  void (*free)(struct retired *item))
{
	struct retired *ready;

	pthread_mutex_lock(&epoch->lock);
	item->free = free;
	/* A run that enters in this epoch may have loaded the pointer before it was unlinked. */
	item->epoch = atomic_fetch_add(&epoch->now, 1);
	item->next = epoch->limbo;
	epoch->limbo = item;
	ready = take_free(epoch, slots);
	pthread_mutex_unlock(&epoch->lock);
	free_list(ready);
}

void epoch_reclaim(struct epoch *epoch, struct slots *slots)
{
	struct retired *ready;

	pthread_mutex_lock(&epoch->lock);
	ready = take_free(epoch, slots);
	pthread_mutex_unlock(&epoch->lock);
	free_list(ready);
}
