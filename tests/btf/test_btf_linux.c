/*
 * BPF_BTF_LOAD beside Linux's: a good BTF, and 10,000 that were spoiled from a seed, have the same
 * errno, log and log size here and there.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "btf/btf.h"
#include "tests/btf/sample.h"
#include "tests/tap.h"

enum { MUTATIONS = 10000, LOG_ROOM = 65536, SHOWN = 5, HEADER_SIZE = sizeof(struct btf_header) };

struct outcome {
	int err;
	u32 true_size;
	char log[LOG_ROOM];
};

static u64 random_state;

static u32 next_random(u32 below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(random_state >> 33) % below;
}

static void load_linux(const u8 *btf, u32 size, struct outcome *out)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = ptr_to_u64(btf);
	attr.btf_size = size;
	attr.btf_log_buf = ptr_to_u64(out->log);
	attr.btf_log_size = sizeof(out->log);
	attr.btf_log_level = 1;
	out->log[0] = 0;
	fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof(attr));
	out->err = fd < 0 ? -errno : 0;
	out->true_size = attr.btf_log_true_size;
	if (fd >= 0)
		close((int)fd);
}

static void load_ours(struct skep *skep, const u8 *btf, u32 size, struct outcome *out)
{
	u8 *data = os_alloc(skep->os, size);
	struct btf *got;
	struct log log;
	const char *text;
	u32 len;

	memcpy(data, btf, size);
	log_init(&log, skep->os, 1, sizeof(out->log));
	out->err = btf_parse(skep, data, size, &log, &got);
	if (!out->err)
		obj_put(&got->obj);
	log_finish(&log, &text, &len);
	memcpy(out->log, text, len);
	out->true_size = (u32)log.max;
	log_free(&log);
}

/* A number in a place where it may hurt. */
static u32 nasty(u32 old, u32 size)
{
	switch (next_random(8)) {
	case 0:
		return 0;
	case 1:
		return UINT32_MAX;
	case 2:
		return old + 1;
	case 3:
		return old - 1;
	case 4:
		return old ^ 1u << next_random(32);
	case 5:
		return next_random(45); /* an id, mostly */
	case 6:
		return next_random(21) << 24 | next_random(4); /* a kind */
	default:
		return next_random(size);
	}
}

static u32 spoil(u8 *btf, u32 size)
{
	u32 times = 1 + next_random(3);

	if (!next_random(20))
		return next_random(size);
	while (times--) {
		u32 word, at = 4 * next_random(size / 4);

		if (!next_random(10))
			at = 4 * next_random(HEADER_SIZE / 4);
		if (!next_random(10)) {
			btf[next_random(size)] = (u8)next_random(256);
			continue;
		}
		memcpy(&word, btf + at, 4);
		word = nasty(word, size);
		memcpy(btf + at, &word, 4);
	}
	return size;
}

static int same(const struct outcome *a, const struct outcome *b)
{
	return a->err == b->err && a->true_size == b->true_size && !strcmp(a->log, b->log);
}

/* The first line that differs. */
static void show_difference(u32 i, const struct outcome *linux_says, const struct outcome *ours)
{
	const char *a = linux_says->log, *b = ours->log;

	printf("# mutation %u: Linux %d, log size %u; ours %d, log size %u\n", i, linux_says->err,
	       linux_says->true_size, ours->err, ours->true_size);
	while (*a && *a == *b)
		a++, b++;
	while (a > linux_says->log && a[-1] != '\n')
		a--, b--;
	printf("#   Linux: %.120s\n#   ours:  %.120s\n", a, b);
}

static struct outcome linux_says, ours;

static void spoiled_as_linux(struct skep *skep)
{
	static u8 good[8192], bad[8192];
	u32 size = sample_make(good), different = 0, accepted = 0;

	for (u32 i = 0; i < MUTATIONS; i++) {
		u32 n = size;

		memcpy(bad, good, sizeof(bad));
		random_state = i;
		if (i)
			n = spoil(bad, size);
		load_linux(bad, n, &linux_says);
		load_ours(skep, bad, n, &ours);
		accepted += !ours.err;
		if (same(&linux_says, &ours))
			continue;
		if (different++ < SHOWN)
			show_difference(i, &linux_says, &ours);
	}
	printf("# figure BTF: %u of %u spoiled ones as on Linux, %u accepted\n",
	       MUTATIONS - different, MUTATIONS, accepted);
	CHECK_EQ(different, 0);
	CHECK(accepted > 0);
}

static int bpf_works(void)
{
	static u8 good[8192];

	load_linux(good, sample_make(good), &linux_says);
	return linux_says.err != -EPERM && linux_says.err != -ENOSYS;
}

int main(void)
{
	struct skep *skep;

	if (!bpf_works()) {
		tap_skip("spoiled_as_linux", "no bpf() here");
		return 0;
	}
	if (skep_base_create(&(struct skep_config){0}, &skep))
		return EXIT_FAILURE;
	spoiled_as_linux(skep);
	tap_end("spoiled_as_linux");
	skep_base_free(skep);
	return tap_status();
}
