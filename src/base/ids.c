/*
 * Ids as a sorted array: lookups by bisection, and, since new ids are nearly always the highest,
 * additions at the end.  What is removed leaves a hole, until an eighth of all are holes.
 */
#include <errno.h>

#include "base/ids.h"
#include "base/os.h"

enum { ID_MAX = INT32_MAX, HOLES_BELOW = 64 };

void ids_create(struct ids *ids)
{
	*ids = (struct ids){0};
	pthread_mutex_init(&ids->lock, NULL);
}

void ids_destroy(struct ids *ids, const struct os *os)
{
	os_free(os, ids->at);
	os_free(os, ids->id);
	pthread_mutex_destroy(&ids->lock);
}

/* The first place whose id is >= id. */
static u32 lower_bound(const struct ids *ids, u32 id)
{
	u32 lo = 0, hi = ids->count;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (ids->id[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int grow(struct ids *ids, const struct os *os)
{
	u32 room = ids->room ? ids->room * 2 : 16;
	void **at;
	u32 *id;

	if (ids->count < ids->room)
		return 0;
	at = os_alloc(os, room * sizeof(*at));
	id = os_alloc(os, room * sizeof(*id));
	if (!at || !id) {
		os_free(os, at);
		os_free(os, id);
		return -ENOMEM;
	}
	if (ids->count) {
		memcpy(at, ids->at, ids->count * sizeof(*at));
		memcpy(id, ids->id, ids->count * sizeof(*id));
	}
	os_free(os, ids->at);
	os_free(os, ids->id);
	ids->at = at;
	ids->id = id;
	ids->room = room;
	return 0;
}

/* The next id after the last one given that is not in use, wrapping round to 1. */
static u32 next_free(const struct ids *ids)
{
	u32 id = ids->last >= ID_MAX ? 1 : ids->last + 1;

	for (u32 i = lower_bound(ids, id); i < ids->count && ids->id[i] == id; i++)
		id++;
	return id;
}

static int add_locked(struct ids *ids, const struct os *os, void *object, u32 *out)
{
	int err = grow(ids, os);
	u32 id, i;

	if (err)
		return err;
	id = next_free(ids);
	if (id > ID_MAX)
		return -ENOSPC;
	i = lower_bound(ids, id);
	memmove(ids->at + i + 1, ids->at + i, (ids->count - i) * sizeof(*ids->at));
	memmove(ids->id + i + 1, ids->id + i, (ids->count - i) * sizeof(*ids->id));
	ids->at[i] = object;
	ids->id[i] = id;
	ids->count++;
	ids->last = id;
	*out = id;
	return 0;
}

int ids_add(struct ids *ids, const struct os *os, void *object, u32 *out)
{
	int err;

	pthread_mutex_lock(&ids->lock);
	err = add_locked(ids, os, object, out);
	pthread_mutex_unlock(&ids->lock);
	return err;
}

static void close_holes(struct ids *ids)
{
	u32 n = 0;

	for (u32 i = 0; i < ids->count; i++)
		if (ids->at[i]) {
			ids->at[n] = ids->at[i];
			ids->id[n++] = ids->id[i];
		}
	ids->count = n;
	ids->gone = 0;
}

void ids_remove(struct ids *ids, u32 id)
{
	pthread_mutex_lock(&ids->lock);
	u32 i = lower_bound(ids, id);

	if (i < ids->count && ids->id[i] == id && ids->at[i]) {
		ids->at[i] = NULL;
		if (++ids->gone > ids->count / 8 + HOLES_BELOW)
			close_holes(ids);
	}
	pthread_mutex_unlock(&ids->lock);
}

void *ids_find(struct ids *ids, u32 id, int (*hold)(void *object))
{
	void *found = NULL;

	pthread_mutex_lock(&ids->lock);
	u32 i = lower_bound(ids, id);

	if (i < ids->count && ids->id[i] == id && ids->at[i] && hold(ids->at[i]))
		found = ids->at[i];
	pthread_mutex_unlock(&ids->lock);
	return found;
}

u32 ids_next(struct ids *ids, u32 after)
{
	u32 id = 0;

	pthread_mutex_lock(&ids->lock);
	if (after < UINT32_MAX) {
		u32 i = lower_bound(ids, after + 1);

		while (i < ids->count && !ids->at[i])
			i++;
		if (i < ids->count)
			id = ids->id[i];
	}
	pthread_mutex_unlock(&ids->lock);
	return id;
}
