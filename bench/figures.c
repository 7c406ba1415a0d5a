/* What libskep's own functions take: loading, one run, a batch, a million packets. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "skep/skep.h"
#include "tests/lib/hand.h"
#include "verifier/verifier.h"

enum {
	BATCH = 1024,
	MILLION = 1000000,
	SLOT = 128, /* bytes from one packet to the next: a frame of 64 with room before it */
	HEADROOM = 64,
	FRAME = 64,
	INSNS = 100,
	LOADS = 200,
	RUNS = 200000,
};

/* A program under libskep's JIT, and packets for it. */
struct host {
	void *state; /* bench_skep_jit's */
	struct skep *skep;
	struct skep_prog *prog;
	struct skep_packet *packets;
	unsigned char *memory;
	size_t nr;
};

static void host_close(struct host *h)
{
	if (h->prog)
		skep_prog_put(h->prog);
	if (h->state)
		bench_skep_jit.close(h->state);
	free(h->packets);
	free(h->memory);
}

static void host_fill(struct host *h)
{
	struct bench_packet sample;

	bench_packet_fill(&sample);
	for (size_t i = 0; i < h->nr; i++) {
		unsigned char *slot = h->memory + i * SLOT;

		memcpy(slot + HEADROOM, sample.data, FRAME);
		slot[HEADROOM + 29] = (unsigned char)i; /* of its source address */
		h->packets[i] = (struct skep_packet){
			.buf = slot, .size = SLOT, .off = HEADROOM, .len = FRAME, .ifindex = 1};
	}
}

/* 1, or 0 with nothing left open. */
static int host_open(struct host *h, const char *program, size_t nr)
{
	const struct bench_case c = {program, program, KIND_COMPUTE, 0};
	int fd;

	*h = (struct host){.nr = nr};
	h->state = bench_skep_jit.open(&bench_skep_jit, &c);
	h->packets = calloc(nr, sizeof(*h->packets));
	h->memory = calloc(nr, SLOT);
	if (h->state && h->packets && h->memory) {
		h->skep = bench_instance(h->state, &fd);
		host_fill(h);
		if (!skep_prog_get(h->skep, fd, &h->prog))
			return 1;
	}
	host_close(h);
	return 0;
}

/* ns a run, of a program that is given a context as it is. */
static double time_plain(struct host *h, uint32_t n)
{
	double start = bench_now();
	uint64_t ctx[8] = {0};

	for (uint32_t i = 0; i < n; i++)
		skep_run(h->prog, ctx);
	return (bench_now() - start) / n;
}

/* ns a run, of the compiled code and nothing around it. */
static double time_bare(struct host *h, uint32_t n)
{
	const struct prog *prog = (const struct prog *)h->prog;
	double start = bench_now();

	for (uint32_t i = 0; i < n; i++)
		prog->entry(NULL, NULL, prog);
	return (bench_now() - start) / n;
}

/* ns a packet, one call of libskep each. */
static double time_runs(struct host *h, uint32_t n)
{
	double start = bench_now();

	for (uint32_t i = 0; i < n; i++)
		skep_run_packet(h->prog, h->packets);
	return (bench_now() - start) / n;
}

/* ns a packet, one call for all. */
static double time_batch(struct host *h, uint32_t n)
{
	double start = bench_now();

	for (uint32_t i = 0; i < n; i++)
		skep_run_packets(h->prog, h->packets, h->nr);
	return (bench_now() - start) / ((double)n * (double)h->nr);
}

struct of_packets {
	const char *name, *what, *program;
	size_t nr;
	double (*time)(struct host *h, uint32_t n);
	uint32_t repeat, quick;
};

static const struct of_packets of_packets[] = {
	{"bare", "the empty program by itself", "empty", 1, time_bare, RUNS * 5, RUNS},
	{"run", "skep_run, an empty program", "hook", 1, time_plain, RUNS * 5, RUNS},
	{"packet", "skep_run_packet, an empty program", "empty", 1, time_runs, RUNS * 5, RUNS},
	{"batch", "skep_run_packets, an empty program", "empty", BATCH, time_batch, 2000, 100},
	{"million", "skep_run_packets, a million and a filter", "filter", MILLION, time_batch, 4,
	 1},
};

static void measure_packets(const struct of_packets *of, struct bench_table *t,
			    struct bench_figure *figure)
{
	struct host h;

	*figure = (struct bench_figure){.name = of->name, .what = of->what};
	if (!host_open(&h, of->program, of->nr))
		return;
	of->time(&h, t->quick ? of->quick : of->repeat);
	for (int i = 0; i < t->rounds; i++)
		figure->times.ns[i] = of->time(&h, t->quick ? of->quick : of->repeat);
	bench_times_end(&figure->times, t->rounds);
	host_close(&h);
}

/* As people write them: a parser that checks bounds, loads, compares, keeps in the stack, calls. */
static void fill_insns(struct bpf_insn insns[INSNS])
{
	enum { HEAD = 2, TAIL = 2 };
	const struct bpf_insn part[] = {
		LDX(BPF_W, 2, 6, 0),
		LDX(BPF_W, 3, 6, 4),
		MOV_X(4, 2),
		ALU64_K(BPF_ADD, 4, 14),
		JMP_X(BPF_JGT, 4, 3, 7),
		LDX(BPF_H, 3, 2, 12),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 3, 0, 0, 16),
		JMP_K(BPF_JNE, 3, 0x800, 4),
		STX(BPF_DW, 10, -8, 3),
		CALL(BPF_FUNC_get_smp_processor_id),
		ALU64_X(BPF_XOR, 7, 0),
		ALU32_K(BPF_RSH, 7, 3),
	};
	_Static_assert((INSNS - HEAD - TAIL) % ARRAY_SIZE(part) == 0, "whole parts");

	insns[0] = MOV_X(6, 1);
	insns[1] = MOV_K(7, 0);
	for (u32 i = HEAD; i < INSNS - TAIL; i++)
		insns[i] = part[(i - HEAD) % ARRAY_SIZE(part)];
	insns[INSNS - 2] = MOV_X(0, 7);
	insns[INSNS - 1] = EXIT;
}

static double time_load(struct skep *skep, const struct bpf_insn *insns, int *fd)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = ptr_to_u64(insns),
		.insn_cnt = INSNS,
		.license = ptr_to_u64("GPL"),
	};
	double start = bench_now();

	*fd = (int)skep_bpf(skep, BPF_PROG_LOAD, &attr, sizeof(attr));
	return bench_now() - start;
}

static double time_check(struct skep *skep, const struct bpf_insn *insns)
{
	struct prog *prog = prog_alloc(skep, INSNS);
	union bpf_attr attr = {0};
	double start;

	if (!prog)
		return 0;
	prog->type = progtype_by_id(BPF_PROG_TYPE_XDP);
	memcpy(prog->orig_insns, insns, INSNS * sizeof(*insns));
	start = bench_now();
	if (verifier_check(prog, &attr, NULL))
		start = bench_now();
	start = bench_now() - start;
	obj_put(&prog->obj);
	return start;
}

/* BPF_PROG_LOAD of 100 instructions, less what the verifier takes of it: the fastest of many. */
static double load_once(struct skep *skep, const struct bpf_insn *insns, int loads)
{
	double load = 0, check = 0;

	for (int i = 0; i < loads; i++) {
		double ns = time_check(skep, insns);
		int fd;

		check = !i || ns < check ? ns : check;
		ns = time_load(skep, insns, &fd);
		if (fd < 0)
			return 0;
		skep_close(skep, fd);
		load = !i || ns < load ? ns : load;
	}
	return load - check;
}

static void measure_load(struct bench_table *t, struct bench_figure *figure)
{
	struct bpf_insn insns[INSNS];
	struct skep *skep;

	*figure = (struct bench_figure){
		.name = "load",
		.what = "BPF_PROG_LOAD, 100 instructions, not verification",
	};
	if (skep_new(NULL, &skep))
		return;
	fill_insns(insns);
	for (int i = 0; i < t->rounds; i++)
		figure->times.ns[i] = load_once(skep, insns, t->quick ? LOADS / 10 : LOADS);
	bench_times_end(&figure->times, t->rounds);
	skep_free(skep);
}

void bench_figures(struct bench_table *t)
{
	_Static_assert(ARRAY_SIZE(of_packets) + 1 <= FIGURES, "and loading");
	u32 n = 0;

	for (; n < ARRAY_SIZE(of_packets); n++)
		measure_packets(&of_packets[n], t, &t->figures[n]);
	measure_load(t, &t->figures[n]);
}
