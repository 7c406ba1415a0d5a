/* Maps from compiled code: what is inlined gives the same as the call would; tail calls. */
#include <errno.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

enum { CPUS = 3, ENTRIES = 5, TAIL_LIMIT = 33 };

static struct skep *skep;

static struct map *new_map(u32 type, u32 key_size, u32 value_size, u32 max_entries)
{
	const struct map_attr attr = {
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
	};
	struct map *map = NULL;

	CHECK_EQ(map_create(skep, &attr, &map), 0);
	return map;
}

/* Run on a CPU of our choice. */
static u64 run_on_cpu(struct hand *h, void *ctx, u32 cpu)
{
	struct run run = {0};
	u64 r0;

	run_begin_on_cpu(&run, skep, cpu);
	r0 = h->prog.entry(ctx, &run, &h->prog);
	run_end(&run);
	return r0;
}

/* r0 = lookup(map, ctx); the context is the key.  Every call knows its map. */
static void hand_lookup(struct hand *h, struct bpf_insn insns[6], struct map *map)
{
	const struct bpf_insn text[] = {
		MOV_X(2, 1),
		LD64(1, ptr_to_u64(map)),
		CALL(BPF_FUNC_map_lookup_elem),
		EXIT,
	};

	memcpy(insns, text, sizeof(text));
	hand_init(h, skep, insns, ARRAY_SIZE(text));
	h->prog.facts[3].map = map;
}

static void check_lookups(struct map *map, u32 index)
{
	struct bpf_insn insns[6];
	struct hand h;

	hand_lookup(&h, insns, map);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		struct run run = {0};
		u64 want;

		run_begin_on_cpu(&run, skep, cpu);
		want = ptr_to_u64(map_lookup(map, &index, &run));
		run_end(&run);
		CHECK_EQ(!want, index >= ENTRIES);
		CHECK_EQ(run_on_cpu(&h, &index, cpu), want);
	}
	engine_jit.release(&h.prog);
	/* the key is a constant that the verifier knows; memory says something else */
	h.prog.facts[3].key_known = 1;
	h.prog.facts[3].key = index;
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		struct run run = {0};
		u32 other = index < ENTRIES ? ENTRIES : index;
		u64 want;

		run_begin_on_cpu(&run, skep, cpu);
		want = ptr_to_u64(map_lookup(map, &index, &run));
		run_end(&run);
		CHECK_EQ(run_on_cpu(&h, &other, cpu), want);
	}
	hand_free(&h);
}

static void arrays_are_inlined(void)
{
	static const u32 types[] = {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY};
	static const u32 value_sizes[] = {1, 4, 8, 12, 24, 64, 1000, 4096};
	static const u32 indexes[] = {0, 1, 4, 5, 6, 0x7fffffff, 0x80000000, 0xffffffff};

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 v = 0; v < ARRAY_SIZE(value_sizes); v++) {
			struct map *map = new_map(types[t], 4, value_sizes[v], ENTRIES);

			for (u32 i = 0; i < ARRAY_SIZE(indexes); i++)
				check_lookups(map, indexes[i]);
			obj_put(&map->obj);
		}
	}
}

/* A function that only looks up in arrays makes no call: it has no frame and keeps no register. */
static void inlined_lookups_need_no_frame(void)
{
	struct map *map = new_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, ENTRIES);
	struct bpf_insn insns[6];
	struct hand h;

	hand_lookup(&h, insns, map);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	CHECK(*(const u8 *)h.prog.image != 0x55); /* push rbp */
	hand_free(&h);
	obj_put(&map->obj);
}

/* update, lookup, delete, lookup again: the context is { key, value, results }. */
static void hashes(void)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, 8, 100);
	const struct bpf_insn insns[] = {
		MOV_X(6, 1),
		/* 1 */ LD64(1, ptr_to_u64(map)),
		MOV_X(2, 6),
		MOV_X(3, 6),
		ALU64_K(BPF_ADD, 3, 8),
		MOV_K(4, 0),
		CALL(BPF_FUNC_map_update_elem),
		STX(BPF_DW, 6, 16, 0),
		/* 9 */ LD64(1, ptr_to_u64(map)),
		MOV_X(2, 6),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_K(BPF_JEQ, 0, 0, 2),
		LDX(BPF_DW, 0, 0, 0),
		STX(BPF_DW, 6, 24, 0),
		/* 16 */ LD64(1, ptr_to_u64(map)),
		MOV_X(2, 6),
		CALL(BPF_FUNC_map_delete_elem),
		STX(BPF_DW, 6, 32, 0),
		/* 21 */ LD64(1, ptr_to_u64(map)),
		MOV_X(2, 6),
		CALL(BPF_FUNC_map_delete_elem),
		EXIT,
	};
	u64 ctx[5] = {0x1234567890, 42};
	u32 known = 0;
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	for (u32 pc = 0; pc < ARRAY_SIZE(insns); pc++) {
		if (insns[pc].code != (BPF_JMP | BPF_CALL))
			continue;
		h.prog.facts[pc].map = map;
		known++;
	}
	CHECK_EQ(known, 4);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	CHECK_EQ(hand_run(&h, ctx), -ENOENT);
	CHECK_EQ(ctx[2], 0);
	CHECK_EQ(ctx[3], 42);
	CHECK_EQ(ctx[4], 0);
	hand_free(&h);
	obj_put(&map->obj);
}

/* Without facts the helpers themselves are called, with the map as it comes in a register. */
static void helpers_without_facts(void)
{
	struct map *map = new_map(BPF_MAP_TYPE_ARRAY, 4, 8, ENTRIES);
	struct bpf_insn insns[6];
	struct hand h;
	u32 index = 3;

	hand_lookup(&h, insns, map);
	h.prog.facts[3].map = NULL;
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	CHECK_EQ(hand_run(&h, &index), ptr_to_u64(map_lookup(map, &index, NULL)));
	index = ENTRIES;
	CHECK_EQ(hand_run(&h, &index), 0);
	hand_free(&h);
	obj_put(&map->obj);
}

static void cpu_number(void)
{
	const struct bpf_insn insns[] = {CALL(BPF_FUNC_get_smp_processor_id), EXIT};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++)
		CHECK_EQ(run_on_cpu(&h, NULL, cpu), cpu);
	hand_free(&h);
}

/* What a prog array takes for an fd: the number of one of these programs. */
enum { CHAIN = 4 };
static struct hand chain[CHAIN];

static void keep(struct obj *obj)
{
	(void)obj;
}

static int chain_get(struct skep *in, int fd, enum obj_kind kind, struct obj **out)
{
	(void)in;
	if (fd < 0 || fd >= CHAIN || kind != OBJ_PROG)
		return -EBADF;
	*out = &chain[fd].prog.obj;
	obj_get(*out);
	return 0;
}

static int take_any(struct map *map, struct obj *prog)
{
	(void)map, (void)prog;
	return 0;
}

/* Do the facts say which array it is? */
static int array_is_known;

/* insns of chain[n]; it goes into slot n. */
static void link_prog(struct map *array, u32 n, const struct bpf_insn *insns, u32 len)
{
	struct hand *h = &chain[n];

	hand_init(h, skep, insns, len);
	obj_init(&h->prog.obj, skep, OBJ_PROG, keep);
	for (u32 pc = 0; pc < len; pc++)
		if (insns[pc].imm == BPF_FUNC_tail_call && array_is_known)
			h->prog.facts[pc].map = array;
}

static void compile_and_enter(struct map *array, u32 n, const struct engine *engine)
{
	CHECK_EQ(hand_compile(&chain[n], engine), 0);
	CHECK_EQ(map_user_update(array, &n, &n, BPF_ANY), 0);
}

static void unlink_progs(struct map *array, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		map_user_delete(array, &i);
		hand_free(&chain[i]);
	}
}

/* Counts itself in ctx[0], then calls the next: what is left says how often that worked. */
#define TAIL_CALL(array, index)                                                                    \
	MOV_X(1, 6), LD64(2, ptr_to_u64(array)), MOV_K(3, index), CALL(BPF_FUNC_tail_call)

static void check_limit(struct map *array, const struct engine *engine)
{
	const struct bpf_insn insns[] = {
		MOV_X(6, 1),          MOV_K(9, 9),
		LDX(BPF_DW, 0, 6, 0), ALU64_K(BPF_ADD, 0, 1),
		STX(BPF_DW, 6, 0, 0), TAIL_CALL(array, 0),
		MOV_K(0, 17),         EXIT,
	};
	u64 ctx[1] = {0};

	link_prog(array, 0, insns, ARRAY_SIZE(insns));
	compile_and_enter(array, 0, engine);
	CHECK_EQ(hand_run(&chain[0], ctx), 17);
	CHECK_EQ(ctx[0], 1 + TAIL_LIMIT);
	unlink_progs(array, 1);
}

/* Programs with different frames; the third is not there, the fourth not in the array. */
static void check_targets(struct map *array, const struct engine *engine)
{
	const struct bpf_insn first[] = {
		MOV_X(6, 1),         MOV_K(7, 7),  ST(BPF_DW, 10, -8, 1),
		TAIL_CALL(array, 1), MOV_K(0, -1), EXIT,
	};
	const struct bpf_insn second[] = {
		MOV_X(6, 1),
		MOV_K(8, 8),
		ST(BPF_DW, 10, -8, 1),
		ST(BPF_DW, 10, -512, 1),
		TAIL_CALL(array, 2),
		TAIL_CALL(array, CHAIN),
		TAIL_CALL(array, -1),
		LDX(BPF_DW, 0, 6, 0),
		ALU64_X(BPF_ADD, 0, 8),
		EXIT,
	};
	u64 ctx[1] = {100};

	link_prog(array, 0, first, ARRAY_SIZE(first));
	link_prog(array, 1, second, ARRAY_SIZE(second));
	compile_and_enter(array, 0, engine);
	compile_and_enter(array, 1, engine);
	CHECK_EQ(hand_run(&chain[0], ctx), 108);
	unlink_progs(array, 2);
}

/* Out of a subprogram: the target returns to the subprogram's caller, whose registers are as ever.
 */
static void check_subprogram(struct map *array, const struct engine *engine)
{
	const struct bpf_insn caller[] = {
		MOV_K(6, 1000),
		MOV_K(7, 1),
		MOV_K(9, 20),
		CALL_SUB(3),
		ALU64_X(BPF_ADD, 0, 6),
		ALU64_X(BPF_ADD, 0, 9),
		EXIT,
		MOV_X(6, 1),
		MOV_K(9, 3),
		TAIL_CALL(array, 1),
		MOV_K(0, -1),
		EXIT,
	};
	const struct bpf_insn target[] = {
		MOV_K(6, 6), MOV_K(7, 7), MOV_K(8, 8), MOV_K(9, 9), MOV_K(0, 300), EXIT,
	};

	link_prog(array, 0, caller, ARRAY_SIZE(caller));
	hand_split(&chain[0], 7)->has_tail_call = 1;
	link_prog(array, 1, target, ARRAY_SIZE(target));
	compile_and_enter(array, 0, engine);
	compile_and_enter(array, 1, engine);
	CHECK_EQ(hand_run(&chain[0], NULL), 1320);
	unlink_progs(array, 2);
}

static void tail_calls(void)
{
	static const struct engine *const engines[] = {&engine_interp, &engine_jit};
	struct map *array = new_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, CHAIN);

	skep->fd_get = chain_get;
	skep->prog_array_claim = take_any;
	for (u32 i = 0; i < 2 * ARRAY_SIZE(engines); i++) {
		array_is_known = i % 2;
		check_limit(array, engines[i / 2]);
		check_targets(array, engines[i / 2]);
		check_subprogram(array, engines[i / 2]);
	}
	obj_put(&array->obj);
}

int main(void)
{
	struct skep_config config = {.ncpu = CPUS};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(arrays_are_inlined);
	TEST(inlined_lookups_need_no_frame);
	TEST(hashes);
	TEST(helpers_without_facts);
	TEST(cpu_number);
	TEST(tail_calls);
	skep_base_free(skep);
	return tap_status();
}
