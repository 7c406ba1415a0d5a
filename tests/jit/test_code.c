/*
 * Code memory: nothing is writable and executable, memory is used again, running out of it is an
 * error like any other, many threads compile at once, a forked child has its own.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jit/code.h"
#include "jit/jit.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

enum { THREADS = 4, EACH = 500, LONG = 4000 };

static struct skep *skep;

static struct skep *new_skep(const struct os *os)
{
	struct skep_config config = {.os = os};
	struct skep *made;

	return skep_base_create(&config, &made) ? NULL : made;
}

/* A program of `len` instructions that returns `value`. */
static int load_number(struct hand *h, struct skep *in, struct bpf_insn *insns, u32 len, s32 value)
{
	for (u32 i = 0; i + 1 < len; i++)
		insns[i] = MOV_K(0, value);
	insns[len - 1] = EXIT;
	hand_init(h, in, insns, len);
	return hand_compile(h, &engine_jit);
}

struct mappings {
	u32 code, executable, writable, both;
};

/* What /proc/self/maps says of code memory; `both` counts everything in the process. */
static struct mappings mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	struct mappings m = {0};
	char line[512], prot[8];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %7s", prot) != 1)
			continue;
		m.both += prot[1] == 'w' && prot[2] == 'x';
		if (!strstr(line, "skep-code"))
			continue;
		m.code++;
		m.executable += prot[2] == 'x';
		m.writable += prot[1] == 'w';
	}
	if (f)
		fclose(f);
	return m;
}

static void nothing_is_writable_and_executable(void)
{
	struct bpf_insn insns[2];
	struct mappings m;
	struct hand h;

	CHECK_EQ(load_number(&h, skep, insns, 2, 5), 0);
	m = mappings();
	CHECK_EQ(m.code, 2);
	CHECK_EQ(m.executable, 1);
	CHECK_EQ(m.writable, 1);
	CHECK_EQ(m.both, 0);
	CHECK_EQ(hand_run(&h, NULL), 5);
	hand_free(&h);
}

/* Small programs share pages; a large one has a region of its own, which goes with it. */
static void memory_is_used_again(void)
{
	static struct bpf_insn large[LONG * 50];
	static struct bpf_insn insns[LONG][2];
	static struct hand h[LONG];
	struct hand big;

	for (u32 i = 0; i < LONG; i++) {
		CHECK_EQ(load_number(&h[i], skep, insns[i], 2, (s32)i), 0);
		CHECK_EQ(h[i].prog.image_size < 64, 1);
	}
	CHECK(mappings().code <= 2 * 3);
	for (u32 i = 0; i < LONG; i++)
		CHECK_EQ(hand_run(&h[i], NULL), i);
	CHECK_EQ(load_number(&big, skep, large, ARRAY_SIZE(large), 77), 0);
	CHECK_EQ(hand_run(&big, NULL), 77);
	hand_free(&big);
	for (u32 i = 0; i < LONG; i++)
		hand_free(&h[i]);
	CHECK_EQ(mappings().code, 2);
	for (u32 i = 0; i < 20 * LONG; i++) {
		load_number(&h[0], skep, insns[0], 2, 1);
		hand_free(&h[0]);
	}
	CHECK_EQ(mappings().code, 2);
}

/* An operating system whose n-th allocation fails. */
struct failing_os {
	struct os os;
	s32 left; /* until one fails; negative: none does */
	s32 live;
};

static void *alloc_or_fail(const struct os *os, size_t size)
{
	struct failing_os *f = container_of((struct os *)os, struct failing_os, os);
	void *p = f->left-- ? os_host.alloc(&os_host, size) : NULL;

	f->live += p != NULL;
	return p;
}

static void free_counted(const struct os *os, void *p)
{
	struct failing_os *f = container_of((struct os *)os, struct failing_os, os);

	f->live -= p != NULL;
	os_host.free(&os_host, p);
}

static void any_allocation_may_fail(void)
{
	static struct bpf_insn insns[LONG];
	struct failing_os f = {.os = os_host, .left = -1};
	struct skep *own;
	struct hand h;
	s32 before, nth;

	f.os.alloc = alloc_or_fail;
	f.os.free = free_counted;
	own = new_skep(&f.os);
	CHECK_EQ(load_number(&h, own, insns, LONG, 3), 0); /* the heap stays */
	hand_free(&h);
	before = f.live;
	for (nth = 0;; nth++) {
		int err;

		f.left = nth;
		err = load_number(&h, own, insns, LONG, 3);
		f.left = -1;
		if (!err)
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK(!h.prog.entry);
		CHECK_EQ(f.live, before);
		hand_free(&h);
	}
	CHECK(nth > 5);
	hand_free(&h);
	skep_base_free(own);
	CHECK_EQ(f.live, 0);
}

/* The first compile of an instance, in which the heap itself is made. */
static void first_allocation_may_fail(void)
{
	struct bpf_insn insns[2];
	struct hand h;

	for (s32 nth = 0, err = -1; err; nth++) {
		struct failing_os f = {.os = os_host, .left = -1};
		struct skep *own;

		f.os.alloc = alloc_or_fail;
		f.os.free = free_counted;
		own = new_skep(&f.os);
		f.left = nth;
		err = load_number(&h, own, insns, 2, 3);
		f.left = -1;
		CHECK(!err || err == -ENOMEM);
		hand_free(&h);
		skep_base_free(own);
		CHECK_EQ(f.live, 0);
	}
}

/* No more mappings can be made: in a child, which is limited for good. */
static int load_without_memory(void)
{
	static struct bpf_insn insns[LONG];
	struct rlimit none = {0, 0};
	struct skep *own = new_skep(NULL);
	struct hand h;
	int err;

	setrlimit(RLIMIT_NOFILE, &none); /* memfd_create needs one */
	err = load_number(&h, own, insns, LONG, 3);
	hand_free(&h);
	skep_base_free(own);
	return err == -ENOMEM ? 0 : 1;
}

/* In the child: the parent's program runs, a new one does, and nothing of the parent's changes. */
static int compile_in_child(struct hand *parents)
{
	struct bpf_insn insns[2];
	struct hand h;
	int ok;

	if (mappings().writable)
		return 1;
	ok = !load_number(&h, skep, insns, 2, 66) && hand_run(&h, NULL) == 66 &&
	     hand_run(parents, NULL) == 55 && mappings().both == 0;
	hand_free(&h);
	hand_free(parents);
	return !ok;
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static void running_out_is_an_error(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(load_without_memory());
	CHECK_EQ(status_of(pid), 0);
}

static void children_have_their_own(void)
{
	struct bpf_insn insns[2], more[2];
	struct hand h, second;
	pid_t pid;

	CHECK_EQ(load_number(&h, skep, insns, 2, 55), 0);
	pid = fork();
	if (!pid)
		_exit(compile_in_child(&h));
	CHECK_EQ(load_number(&second, skep, more, 2, 44), 0);
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(hand_run(&h, NULL), 55);
	CHECK_EQ(hand_run(&second, NULL), 44);
	hand_free(&h);
	hand_free(&second);
}

static void *compile_many(void *arg)
{
	u64 bad = 0;

	(void)arg;
	for (s32 i = 0; i < EACH; i++) {
		struct bpf_insn insns[40];
		struct hand h;

		bad += load_number(&h, skep, insns, ARRAY_SIZE(insns), i) != 0;
		bad += hand_run(&h, NULL) != (u64)i;
		hand_free(&h);
	}
	return u64_to_ptr(bad);
}

static void threads_compile_at_once(void)
{
	pthread_t thread[THREADS];
	void *bad;

	skep_base_free(skep);
	skep = new_skep(NULL); /* without a heap yet */
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, compile_many, NULL);
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &bad);
		CHECK(!bad);
	}
	CHECK(mappings().code <= 2);
}

/* Branches over every distance around the reach of a short one, both ways. */
static void branches_of_all_lengths(void)
{
	enum { LONGEST = 60 };
	static struct bpf_insn insns[2 * LONGEST + 10];

	for (s16 gap = 0; gap < LONGEST; gap++) {
		struct hand h;
		u32 n = 0;

		insns[n++] = MOV_K(0, 0);
		insns[n++] = MOV_K(1, 3);
		insns[n++] = JMP_K(BPF_JEQ, 1, 0, (s16)(gap + 3)); /* over the gap, to the exit */
		for (s16 i = 0; i < gap; i++)
			insns[n++] = ALU64_K(BPF_ADD, 0, 1);
		insns[n++] = ALU64_K(BPF_SUB, 1, 1);
		insns[n++] = JMP_K(BPF_JSGT, 1, 100, (s16)(-gap - 2));
		insns[n++] = JA((s16)(-gap - 4));
		insns[n++] = EXIT;
		hand_init(&h, skep, insns, n);
		CHECK_EQ(hand_compile(&h, &engine_jit), 0);
		CHECK_EQ(hand_run(&h, NULL), 3 * gap);
		hand_free(&h);
	}
}

int main(void)
{
	skep = new_skep(NULL);
	if (!skep)
		return EXIT_FAILURE;
	TEST(nothing_is_writable_and_executable);
	TEST(memory_is_used_again);
	TEST(any_allocation_may_fail);
	TEST(first_allocation_may_fail);
	TEST(running_out_is_an_error);
	TEST(children_have_their_own);
	TEST(branches_of_all_lengths);
	TEST(threads_compile_at_once);
	skep_base_free(skep);
	return tap_status();
}
