/*
 * libbpf asks what "the kernel" can do and remembers: instances of different Linux versions in one
 * process must not hear each other's answers.
 */
#include <pthread.h>
#include <stdlib.h>

#include "load/load.h"
#include "skep/skep.h"
#include "tests/tap.h"

/* It calls a helper that 5.4 does not know, but libbpf knows what to put in its place. */
static const char *object(void)
{
	static char path[512];
	const char *b = getenv("B");

	snprintf(path, sizeof(path), "%s/tests/load/objects/probe.bpf.o", b ? b : "build");
	return path;
}

static int load_into(u32 version)
{
	struct skep_opts opts = {.size = sizeof(opts), .kernel_version = version};
	struct skep_object *loaded;
	struct skep *skep;
	int err = skep_new(&opts, &skep);

	if (err)
		return err;
	err = skep_object_load(skep, object(), NULL, &loaded);
	if (!err)
		skep_object_free(loaded);
	skep_free(skep);
	return err;
}

static void versions_one_after_the_other(void)
{
	CHECK_EQ(load_into(0x061200), 0);
	CHECK_EQ(load_into(0x050400), 0);
	CHECK_EQ(load_into(0x061200), 0);
	CHECK_EQ(load_into(0x050400), 0);
}

struct job {
	u32 version;
	u32 loaded;
};

enum { TIMES = 20 };

static void *load_often(void *arg)
{
	struct job *job = arg;

	for (int i = 0; i < TIMES; i++)
		job->loaded += !load_into(job->version);
	return NULL;
}

static void versions_at_the_same_time(void)
{
	struct job jobs[] = {{0x050400, 0}, {0x061200, 0}, {0x050f00, 0}, {0x050400, 0}};
	pthread_t threads[4];

	for (u32 i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, load_often, &jobs[i]);
	for (u32 i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(jobs[i].loaded, TIMES);
	}
}

int main(void)
{
	TEST(versions_one_after_the_other);
	TEST(versions_at_the_same_time);
	return tap_status();
}
