/*
 * Random programs (tests/lib/risky.h) given to Linux as well: the same verdict; where both accept,
 * the same R0, packet and maps.  What differs is reduced: instructions become "goto +0" for as long
 * as the difference stays.
 *
 * SKEP_PROGRAMS says how many, SKEP_SEED with which number they begin; SKEP_FINDS names a file that
 * gets each reduced program with both logs.
 */
#include <errno.h>

#include "jit/jit.h"
#include "sys/sys.h"
#include "tests/lib/duel.h"
#include "tests/lib/hand.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"
#include "isa/isa.h"

enum {
	INPUTS = 2,
	MAX_SHOWN = 10,
	DEFAULT_PROGRAMS = 2000,
	LOG = 1 << 20,
	SHOWN = 900,
	RARE = 300
};

enum verdict { SAME, WE_ACCEPT, WE_REFUSE, OTHER_ERRNO, RESULTS_DIFFER, VERDICTS };

static const char *const words[VERDICTS] = {
	[SAME] = "the same",
	[WE_ACCEPT] = "we accept, Linux refuses",
	[WE_REFUSE] = "Linux accepts, we refuse",
	[OTHER_ERRNO] = "both refuse, errno differs",
	[RESULTS_DIFFER] = "both accept, results differ",
};

static struct duel_side ours, theirs;
static char our_log[LOG], their_log[LOG];
static u64 count[VERDICTS], accepted, not_yet;

static u64 number_of(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static int results_differ(const struct risky *p, u64 seed, int our_fd, int their_fd)
{
	static struct duel_outcome a, b;
	const char *where;

	for (u64 i = 0; i < INPUTS && !p->leaks; i++) {
		duel_run(&ours, p, our_fd, seed * INPUTS + i, &a);
		duel_run(&theirs, p, their_fd, seed * INPUTS + i, &b);
		where = duel_difference(&a, &b);
		if (where) {
			snprintf(their_log, LOG, "%s: %d, r0 %u, here %d, %u", where, b.err,
				 b.retval, a.err, a.retval);
			return 1;
		}
	}
	return 0;
}

static enum verdict judge(const struct risky *p, u64 seed, int logs)
{
	int our_fd = duel_load(&ours, p, logs ? our_log : NULL, LOG);
	int their_fd = duel_load(&theirs, p, logs ? their_log : NULL, LOG);
	enum verdict verdict = SAME;

	not_yet += our_fd == -ENOTSUPP;
	accepted += our_fd >= 0 && their_fd >= 0;
	if (our_fd >= 0 && their_fd < 0)
		verdict = WE_ACCEPT;
	else if (our_fd < 0 && their_fd >= 0)
		verdict = WE_REFUSE;
	else if (our_fd < 0 && our_fd != their_fd)
		verdict = OTHER_ERRNO;
	else if (our_fd >= 0 && results_differ(p, seed, our_fd, their_fd))
		verdict = RESULTS_DIFFER;
	if (our_fd >= 0)
		duel_unload(&ours, our_fd);
	if (their_fd >= 0)
		duel_unload(&theirs, their_fd);
	return verdict;
}

/* Both slots of a ld_imm64 go together. */
static int erase(struct risky *p, u32 pc)
{
	u32 n = isa_is_ld_imm64(&p->insns[pc]) ? 2 : 1;
	int was = 0;

	for (u32 i = pc; i < pc + n; i++) {
		was |= p->insns[i].code != (BPF_JMP | BPF_JA) || p->insns[i].off;
		p->insns[i] = JA(0);
	}
	return was;
}

/* Until nothing more can go. */
static void reduce(struct risky *p, u64 seed, enum verdict verdict)
{
	static struct risky smaller;
	int again = 1;

	while (again) {
		again = 0;
		for (u32 pc = p->len; pc--;) {
			if (!p->insns[pc].code)
				continue;
			smaller = *p;
			if (!erase(&smaller, pc) || judge(&smaller, seed, 0) != verdict)
				continue;
			*p = smaller;
			again = 1;
		}
	}
}

/* Where the instruction goes to besides the next one, or 0. */
static u32 target_of(const struct bpf_insn *insn, u32 pc)
{
	enum isa_op op = isa_decode(insn);

	if (op == ISA_CALL_SUBPROG)
		return pc + 1 + (u32)insn->imm;
	return isa_is_jump(op) ? pc + 1 + (u32)isa_jump_offset(op, insn) : 0;
}

static int is_nothing(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) && !insn->off;
}

/* Without what does nothing. */
static void compact(struct risky *p)
{
	static struct risky to;
	u32 new_pc[RISKY_INSNS + 1], n = 0;

	for (u32 pc = 0; pc <= p->len; pc++) {
		new_pc[pc] = n;
		n += pc < p->len && !is_nothing(&p->insns[pc]);
	}
	to = *p;
	to.len = n;
	for (u32 pc = 0; pc < p->len; pc++) {
		const struct bpf_insn *insn = &p->insns[pc];
		struct bpf_insn *at = &to.insns[new_pc[pc]];
		u32 target = target_of(insn, pc);

		if (is_nothing(insn))
			continue;
		*at = *insn;
		if (!target || target > p->len)
			continue;
		if (isa_decode(insn) == ISA_CALL_SUBPROG)
			at->imm = (s32)(new_pc[target] - new_pc[pc] - 1);
		else
			at->off = (s16)(new_pc[target] - new_pc[pc] - 1);
	}
	*p = to;
}

static void write_program(FILE *to, const struct risky *p)
{
	char text[ISA_TEXT_MAX];

	for (u32 pc = 0; pc < p->len; pc++) {
		const struct bpf_insn *insn = &p->insns[pc];

		if (!insn->code)
			continue;
		isa_disasm(insn, p->len - pc, &(struct isa_names){0}, text);
		fprintf(to, "%3u: %s\n", pc, text);
	}
}

/* Its last lines. */
static const char *tail_of(const char *log, size_t n)
{
	size_t len = strlen(log);

	return len > n ? log + len - n : log;
}

static void restart(struct duel_side *side)
{
	duel_end(side);
	if (!duel_begin(side, side->skep))
		tap_bad++;
}

static void write_find(struct risky *p, u64 seed, enum verdict verdict)
{
	const char *name = getenv("SKEP_FINDS");
	FILE *to = name ? fopen(name, "a") : NULL;
	static struct risky smaller;

	if (!to)
		return;
	reduce(p, seed, verdict);
	smaller = *p;
	compact(&smaller);
	if (judge(&smaller, seed, 0) == verdict)
		*p = smaller;
	judge(p, seed, 1);
	/* what is left of a program may have left anything in the maps */
	restart(&ours);
	restart(&theirs);
	fprintf(to, "## %s (seed %llu, %s)\n\n", words[verdict], (unsigned long long)seed,
		p->type == BPF_PROG_TYPE_XDP ? "XDP" : "SCHED_CLS");
	write_program(to, p);
	fprintf(to, "\nours:\n%s\nLinux:\n%s\n", tail_of(our_log, SHOWN),
		tail_of(their_log, SHOWN));
	fclose(to);
}

static void linux_says_the_same(void)
{
	static struct risky program;
	u64 first = number_of("SKEP_SEED", 1), n = number_of("SKEP_PROGRAMS", DEFAULT_PROGRAMS);
	u64 bad = 0;

	for (u64 seed = first; seed < first + n; seed++) {
		enum verdict verdict;

		risky_program(seed, &program);
		verdict = judge(&program, seed, 0);
		count[verdict]++;
		if (verdict == SAME || (++bad > MAX_SHOWN && verdict != RESULTS_DIFFER))
			continue;
		printf("# the program with seed %llu: %s %s\n", (unsigned long long)seed,
		       words[verdict], verdict == RESULTS_DIFFER ? their_log : "");
		write_find(&program, seed, verdict);
	}
	CHECK_EQ(count[RESULTS_DIFFER], 0);
	/* most of what is left is explained (docs/verifier.md); more than that is new */
	CHECK(bad * RARE <= n + RARE);
	printf("# figure %llu programs given to Linux: %llu accepted by both (%.1f %%)",
	       (unsigned long long)n, (unsigned long long)accepted,
	       100.0 * (double)accepted / (double)n);
	for (enum verdict i = WE_ACCEPT; i < VERDICTS; i++)
		printf("; %s: %llu", words[i], (unsigned long long)count[i]);
	printf("; not covered yet: %llu\n", (unsigned long long)not_yet);
}

int main(void)
{
	const struct skep_config config = {.engine = &engine_jit, .ncpu = 1};
	struct skep *skep;

	if (!linux_available()) {
		tap_skip("linux_says_the_same", "no bpf() here");
		return EXIT_SUCCESS;
	}
	if (sys_create(&config, &skep) || !duel_begin(&ours, skep) || !duel_begin(&theirs, NULL))
		return EXIT_FAILURE;
	TEST(linux_says_the_same);
	duel_end(&theirs);
	duel_end(&ours);
	sys_free(skep);
	return tap_status();
}
