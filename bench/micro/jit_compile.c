/*
 * How long the JIT takes for a program of 100 instructions as people write them: a parser that
 * compares, loads, counts in a map.  Fastest and median, with memory that is used again (load,
 * free, load, ...) and with programs that stay.
 */
#include <stdio.h>
#include <time.h>

#include "jit/jit.h"
#include "tests/lib/hand.h"

enum { INSNS = 100, ROUNDS = 2000 };

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Ten instructions over and over, and an exit. */
static void fill(struct bpf_insn insns[INSNS])
{
	const struct bpf_insn part[] = {
		LDX(BPF_DW, 2, 6, 0),
		LDX(BPF_H, 3, 2, 12),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 3, 0, 0, 16),
		JMP_K(BPF_JNE, 3, 0x800, 6),
		STX(BPF_DW, 10, -8, 3),
		MOV_X(2, 10),
		ALU64_K(BPF_ADD, 2, -8),
		CALL(BPF_FUNC_get_smp_processor_id),
		ALU64_X(BPF_XOR, 7, 0),
		ALU32_K(BPF_RSH, 7, 3),
	};

	insns[0] = MOV_X(6, 1);
	insns[1] = MOV_K(7, 0);
	for (u32 i = 2; i < INSNS; i++)
		insns[i] = part[(i - 2) % ARRAY_SIZE(part)];
	insns[INSNS - 2] = MOV_X(0, 7);
	insns[INSNS - 1] = EXIT;
	/* no jump past the end */
	for (u32 i = INSNS - 8; i < INSNS; i++)
		if (BPF_CLASS(insns[i].code) == BPF_JMP && insns[i].off)
			insns[i].off = 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *what, double us[ROUNDS], u32 bytes)
{
	qsort(us, ROUNDS, sizeof(*us), ascending);
	printf("jit, %d instructions to %u bytes, %s: %.2f us, median %.2f us\n", INSNS, bytes,
	       what, us[0], us[ROUNDS / 2]);
}

static double compile(struct hand *h)
{
	double start = now_us();

	if (hand_compile(h, &engine_jit))
		exit(EXIT_FAILURE);
	return now_us() - start;
}

int main(void)
{
	static double us[ROUNDS];
	static struct hand h[ROUNDS];
	struct skep_config config = {0};
	struct bpf_insn insns[INSNS];
	struct skep *skep;

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	fill(insns);
	for (u32 i = 0; i < ROUNDS; i++)
		hand_init(&h[i], skep, insns, INSNS);
	for (u32 i = 0; i < ROUNDS; i++) {
		us[i] = compile(&h[0]);
		engine_jit.release(&h[0].prog);
	}
	report("loaded and freed", us, h[0].prog.image_size);
	h[0].prog.entry = NULL;
	for (u32 i = 0; i < ROUNDS; i++)
		us[i] = compile(&h[i]);
	report("loaded and kept", us, h[0].prog.image_size);
	for (u32 i = 0; i < ROUNDS; i++)
		hand_free(&h[i]);
	skep_base_free(skep);
	return 0;
}
