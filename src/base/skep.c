/* Making and unmaking the base of an instance. */
#include <errno.h>
#include <unistd.h>

#include "base/skep.h"
#include "base/usercopy.h"

#define DEFAULT_WINDOW (64ull << 30)
enum { DEFAULT_KERNEL = 0x061200, CPUS_MAX = 8192 };

static u32 possible_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return n < 1 ? 1 : (u32)n;
}

int skep_base_create(const struct skep_config *config, struct skep **out)
{
	const struct os *os = config->os ? config->os : &os_host;
	u32 ncpu = config->ncpu ? config->ncpu : possible_cpus();
	struct skep *skep;
	int err;

	if (ncpu > CPUS_MAX)
		return -EINVAL;
	skep = os_alloc(os, sizeof(*skep));
	if (!skep)
		return -ENOMEM;
	skep->os = os;
	skep->engine = config->engine;
	skep->unproven = config->unproven;
	skep->verify_only = config->verify_only;
	skep->polled = config->polled;
	skep->kernel_version = config->kernel_version ? config->kernel_version : DEFAULT_KERNEL;
	skep->usercopy = config->usercopy ? config->usercopy : &usercopy_direct;
	skep->caller = config->caller;
	os->random(os, skep->secret, sizeof(skep->secret));
	err = slots_create(&skep->slots, os, ncpu);
	if (err)
		goto no_slots;
	err = window_create(&skep->window, os,
			    config->window_size ? config->window_size : DEFAULT_WINDOW);
	if (err)
		goto no_window;
	epoch_create(&skep->epoch);
	pthread_mutex_init(&skep->kernel_types.lock, NULL);
	for (u32 i = 0; i < OBJ_KINDS; i++)
		ids_create(&skep->ids[i]);
	*out = skep;
	return 0;

no_window:
	slots_destroy(&skep->slots, os);
no_slots:
	os_free(os, skep);
	return err;
}

void skep_base_free(struct skep *skep)
{
	const struct os *os = skep->os;
	struct code_heap *code;

	epoch_destroy(&skep->epoch);
	pthread_mutex_destroy(&skep->kernel_types.lock);
	code = atomic_load(&skep->code);
	if (code)
		skep->code_destroy(skep, code);
	for (u32 i = 0; i < OBJ_KINDS; i++)
		ids_destroy(&skep->ids[i], os);
	window_destroy(&skep->window);
	slots_destroy(&skep->slots, os);
	if (atomic_load(&skep->verify_memory))
		os_free(os, atomic_load(&skep->verify_memory));
	os_free(os, skep);
}
