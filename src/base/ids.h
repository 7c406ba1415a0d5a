/* Ids of one kind of object: from 1 up, the next after the last given, as Linux hands them out. */
#ifndef SKEP_BASE_IDS_H
#define SKEP_BASE_IDS_H

#include <pthread.h>

#include "base/types.h"

struct os;

struct ids {
	pthread_mutex_t lock; /* guards the rest */
	void **at;            /* sorted by id; NULL where the object has gone */
	u32 *id;
	u32 count, gone, room;
	u32 last; /* given out most recently */
};

void ids_create(struct ids *ids);
void ids_destroy(struct ids *ids, const struct os *os);

/* 0 or -ENOMEM, -ENOSPC.  *out is set before anybody can find the object under it. */
int ids_add(struct ids *ids, const struct os *os, void *object, u32 *out);
void ids_remove(struct ids *ids, u32 id);

/*
 * The object with this id; `hold` is called under the lock and says whether it could be held (it
 * may be on its way out).  NULL when there is none.
 */
void *ids_find(struct ids *ids, u32 id, int (*hold)(void *object));

/* The lowest id above `after`, 0 when there is none. */
u32 ids_next(struct ids *ids, u32 after);

#endif
