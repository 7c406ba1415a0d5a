/*
 * XDP packets in fragments: random sequences of the helpers and kfuncs that read them, write them
 * and move their ends, on Linux and on skep (by the JIT and the checked interpreter), with offsets
 * at the seams.  Results, bytes and packets have to be the same.
 */
#include "btf/btf.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "sys/sys.h"
#include "tests/lib/both.h"
#include "tests/lib/gen.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { PROGRAMS = 400, OPS = 6, LINEAR = 3520, PAGE = 4096, VALUE = 512 };

static struct fixture {
	struct skep *skep[2];
	u64 seed;
	u32 pull; /* the kernel's id of bpf_xdp_pull_data, 0: it has none */
	struct both_prog prog;
	struct bpf_insn insns[256];
	char text[OPS * 40]; /* what the program does */
	struct both_outcome theirs, ours;
	u32 worked, differ;
} f = {.seed = 3};

static u32 below(u32 n)
{
	return (u32)(gen_random(&f.seed) % n);
}

static void emit(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	f.insns[f.prog.len++] = (struct bpf_insn){code, dst, src, off, imm};
}

static void mov(u8 dst, s32 imm)
{
	emit(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void movx(u8 dst, u8 src)
{
	emit(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

/* Near a seam, near the end, or anywhere. */
static u32 some_offset(void)
{
	u32 len = f.prog.data_len, near = below(64);

	switch (below(4)) {
	case 0:
		return LINEAR - 32 + near;
	case 1:
		return LINEAR + PAGE * (1 + below(2)) - 32 + near;
	case 2:
		return len - 32 + near;
	}
	return below(len);
}

/* By how much an end moves: a little, a page or two, to the seam. */
static s32 some_delta(void)
{
	static const s32 pages[] = {0, PAGE, 2 * PAGE, LINEAR};
	s32 delta = pages[below(4)] + (s32)below(120) - 60;

	return below(3) ? -delta : delta;
}

struct op {
	const char *name;
	u32 helper; /* 0: bpf_xdp_pull_data */
	enum { BY_DELTA, BY_SMALL_DELTA, BY_BYTES, BY_LENGTH, BY_NOTHING } by;
};

static const struct op ops[] = {
	{"tail", BPF_FUNC_xdp_adjust_tail, BY_DELTA},
	{"tail", BPF_FUNC_xdp_adjust_tail, BY_DELTA},
	{"head", BPF_FUNC_xdp_adjust_head, BY_SMALL_DELTA},
	{"meta", BPF_FUNC_xdp_adjust_meta, BY_SMALL_DELTA},
	{"load", BPF_FUNC_xdp_load_bytes, BY_BYTES},
	{"store", BPF_FUNC_xdp_store_bytes, BY_BYTES},
	{"length", BPF_FUNC_xdp_get_buff_len, BY_NOTHING},
	{"pull", 0, BY_LENGTH},
};

/* R2 to R4 of the i-th call, whose 48 bytes of the map's value are its own. */
static s32 emit_args(const struct op *op, u32 i)
{
	s32 arg = 0;

	if (op->by == BY_DELTA)
		arg = some_delta();
	else if (op->by == BY_SMALL_DELTA)
		arg = ((s32)below(80) - 40) & (below(4) ? ~3 : ~0);
	else if (op->by != BY_NOTHING)
		arg = (s32)some_offset();
	mov(2, arg);
	if (op->by == BY_BYTES) {
		movx(3, 7);
		emit(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, (s32)(64 + i * 48));
		mov(4, 1 + (s32)below(48));
	}
	return arg;
}

static void emit_op(u32 i)
{
	const struct op *op = &ops[below(ARRAY_SIZE(ops) - !f.pull)];

	movx(1, 6);
	s32 arg = emit_args(op, i);
	if (op->helper)
		emit(BPF_JMP | BPF_CALL, 0, 0, 0, (s32)op->helper);
	else
		emit(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, (s32)f.pull);
	/* of an int, 32 bits are its value */
	emit(BPF_STX | BPF_MEM | BPF_W, 7, 0, (s16)(i * 8), 0);
	snprintf(f.text + strlen(f.text), sizeof(f.text) - strlen(f.text), " %s %d", op->name, arg);
}

static void make_program(void)
{
	f.prog = (struct both_prog){.type = BPF_PROG_TYPE_XDP,
				    .flags = BPF_F_XDP_HAS_FRAGS,
				    .insns = f.insns,
				    .map = {{"out", BPF_MAP_TYPE_ARRAY, 4, VALUE, 1, BOTH_PLAIN}},
				    .nr_maps = 1,
				    .ref_insn = {1},
				    .nr_refs = 1,
				    .data_len = 14 + below(3 * PAGE)};
	for (u32 i = 0; i < f.prog.data_len; i++)
		f.prog.data[i] = (u8)(i * 7 + i / 256);
	f.text[0] = 0;
	movx(6, 1);
	emit(BPF_LD | BPF_IMM | BPF_DW, 7, BPF_PSEUDO_MAP_VALUE, 0, 0);
	emit(0, 0, 0, 0, 0);
	for (u32 i = 0; i < OPS; i++)
		emit_op(i);
	mov(0, XDP_PASS);
	emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void compare(void)
{
	if (!CHECK(both_run(NULL, &f.prog, &f.theirs)) || !CHECK(!f.theirs.load))
		return;
	f.worked += !f.theirs.run;
	for (u32 i = 0; i < ARRAY_SIZE(f.skep); i++) {
		if (!CHECK(both_run(f.skep[i], &f.prog, &f.ours)) || both_same(&f.theirs, &f.ours))
			continue;
		tap_bad++;
		if (f.differ++ < 5)
			printf("# %u bytes:%s: %s\n", f.prog.data_len, f.text,
			       i ? "checked" : "jit");
	}
}

static void fragments_as_linux(void)
{
	const struct engine *const engines[] = {&engine_jit, &engine_checked};

	for (u32 i = 0; i < ARRAY_SIZE(f.skep); i++) {
		struct skep_config config = {.engine = engines[i], .unproven = 1};
		if (!CHECK(!sys_create(&config, &f.skep[i])))
			return;
	}
	const struct btf *btf = btf_kernel(f.skep[0]);
	f.pull = btf ? btf_find(btf, "bpf_xdp_pull_data", BTF_KIND_FUNC) : 0;
	for (u32 i = 0; i < PROGRAMS; i++) {
		make_program();
		compare();
	}
	printf("# %u of %u programs of %u calls ran%s\n", f.worked, PROGRAMS, OPS,
	       f.pull ? "" : ", none of pull");
	CHECK(f.worked > PROGRAMS / 2);
	for (u32 i = 0; i < ARRAY_SIZE(f.skep); i++)
		sys_free(f.skep[i]);
}

int main(void)
{
	if (!linux_available()) {
		tap_skip("fragments_as_linux", "no bpf() here");
		return EXIT_SUCCESS;
	}
	TEST(fragments_as_linux);
	return tap_status();
}
