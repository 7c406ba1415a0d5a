/* Waking readers: see output.h. */
#include "map/output.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/spin.h"

int output_waker_create(struct skep *skep, struct output_waker **out)
{
	struct output_waker *waker = os_alloc(skep->os, sizeof(*waker));

	if (!waker)
		return -ENOMEM;
	waker->skep = skep;
	waker->os = skep->os;
	waker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (waker->fd < 0) {
		int err = -errno;

		os_free(skep->os, waker);
		return err;
	}
	spin_lock(&skep->output_lock);
	waker->next = skep->output_wakers;
	skep->output_wakers = waker;
	spin_unlock(&skep->output_lock);
	*out = waker;
	return 0;
}

static void take_out(struct output_waker *waker)
{
	struct skep *skep = waker->skep;
	struct output_waker **at = &skep->output_wakers;

	spin_lock(&skep->output_lock);
	while (*at != waker)
		at = &(*at)->next;
	*at = waker->next;
	spin_unlock(&skep->output_lock);
}

void output_waker_destroy(struct output_waker *waker)
{
	if (waker->skep)
		take_out(waker);
	close(waker->fd);
	os_free(waker->os, waker);
}

void output_orphan(struct skep *skep)
{
	for (struct output_waker *w = skep->output_wakers; w; w = w->next)
		w->skep = NULL;
	skep->output_wakers = NULL;
}

/*
 * A producer that finds `woken` set does not write: the exchange here reads from his, so that what
 * he published before is seen by who arms.  One that set it and did not write yet makes for one
 * wake-up too many.
 */
static void drain(struct output_waker *waker)
{
	eventfd_t count;

	if (!eventfd_read(waker->fd, &count) || atomic_load(&waker->woken))
		atomic_exchange(&waker->woken, 0);
}

/* The sum is the full barrier that pairs with the producers'. */
void output_arm(struct output_waker *waker)
{
	atomic_fetch_add(&waker->armed, 1);
	if (waker->skep)
		atomic_fetch_add(&waker->skep->output_sleepers, 1);
	drain(waker);
}

void output_disarm(struct output_waker *waker)
{
	atomic_fetch_sub(&waker->armed, 1);
	if (waker->skep)
		atomic_fetch_sub(&waker->skep->output_sleepers, 1);
}

void output_wake_one(struct output_waker *waker)
{
	if (!atomic_exchange(&waker->woken, 1))
		eventfd_write(waker->fd, 1);
}

void output_wake_all(struct skep *skep)
{
	spin_lock(&skep->output_lock);
	for (struct output_waker *w = skep->output_wakers; w; w = w->next)
		if (atomic_load(&w->armed))
			output_wake_one(w);
	spin_unlock(&skep->output_lock);
}
