/* The checked interpreter: what it stops, what it says then, and what it lets through. */
#include "helper/packet.h"
#include "interp/interp.h"
#include "isa/isa.h"
#include "progtype/progtype.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

enum { PACKET = 60, ROOM = 64, MAPS = 3, TEXT = 2048 };

struct test_case {
	const char *name, *text;
	const char *fault; /* what is said, in part; NULL: nothing */
	u64 value;         /* then it returns this */
};

#define STOPS(name, text, fault)                                                                   \
	{                                                                                          \
		name, text, fault, 0                                                               \
	}
#define GIVES(name, text, value)                                                                   \
	{                                                                                          \
		name, text, NULL, value                                                            \
	}

/*
 * XDP programs.  $data and $end are where the context's pointers are.  The maps: counts (hash of
 * u32 to u64), slots (array of 4 u64), progs (prog array).
 */
static const struct test_case cases[] = {
	GIVES("packet within bounds", "r2 = *(u64 *)(r1 +$data)\n r0 = *(u8 *)(r2 +59)\n exit", 59),
	STOPS("packet past its end", "r2 = *(u64 *)(r1 +$data)\n r0 = *(u32 *)(r2 +58)\n exit",
	      "insn 1: r0 = *(u32 *)(r2 +58): reads 4 bytes at 0x"),
	STOPS("packet past its end, how far",
	      "r2 = *(u64 *)(r1 +$data)\n r0 = *(u32 *)(r2 +58)\n exit",
	      "2 bytes past the packet's end"),
	STOPS("packet before its start", "r2 = *(u64 *)(r1 +$data)\n r0 = *(u8 *)(r2 -1)\n exit",
	      "1 bytes before the packet's start"),
	STOPS("null", "r2 = 0\n r0 = *(u64 *)(r2 +8)\n exit", "reads 8 bytes at NULL+8"),
	STOPS("nowhere", "r2 = 0x123456789000\n *(u64 *)(r2 +0) = 1\n exit",
	      "writes 8 bytes at 0x123456789000, which is nowhere in the program's memory"),
	GIVES("stack", "*(u64 *)(r10 -512) = 7\n r0 = *(u64 *)(r10 -512)\n exit", 7),
	STOPS("below the stack", "*(u64 *)(r10 -520) = 1\n exit",
	      "8 bytes before the stack's start"),
	STOPS("across the stack's end", "r0 = *(u64 *)(r10 -4)\n exit",
	      "4 bytes past the stack's end"),
	STOPS("above the stack", "*(u8 *)(r10 +0) = 1\n exit", "1 bytes past the stack's end"),
	GIVES("the stack begins as zeros", "r0 = *(u64 *)(r10 -264)\n exit", 0),
	STOPS("context written where it is not ours", "*(u64 *)(r1 +$data) = 0\n exit",
	      "the context's end"),
	STOPS("misaligned atomic", "r2 = 1\n lock *(u64 *)(r10 -12) += r2\n exit", "not aligned"),
	GIVES("a caller's stack",
	      "r1 = r10\n r1 += -8\n call sub\n r0 = *(u64 *)(r10 -8)\n exit\n"
	      "sub: *(u64 *)(r1 +0) = 42\n exit",
	      42),
	STOPS("a callee's stack after it returned",
	      "call sub\n r0 = *(u64 *)(r0 +0)\n exit\n sub: r0 = r10\n r0 += -8\n exit",
	      "the stack's end"),
	STOPS("endless loop", "loop: goto loop", "is it an endless loop?"),
	STOPS("endless recursion", "sub: call sub\n exit", "nested more than 8 deep"),
	GIVES("may_goto ends a loop",
	      "r0 = 0\n loop: r0 += 1\n may_goto out\n goto loop\n out: exit", 8388609),
	GIVES("may_goto: every call has a budget of its own",
	      "r6 = 2\n again: call sub\n r6 += -1\n if r6 != 0 goto again\n exit\n"
	      "sub: r0 = 0\n loop: r0 += 1\n may_goto out\n goto loop\n out: exit",
	      8388609),
	STOPS("running off the end", "r0 = 1", "past the end"),
	STOPS("lookup of what is not there",
	      "r1 = map[counts]\n r2 = r10\n r2 += -8\n call bpf_map_lookup_elem\n"
	      "r0 = *(u64 *)(r0 +0)\n exit",
	      "reads 8 bytes at NULL+0"),
	GIVES("array value",
	      "*(u32 *)(r10 -4) = 3\n r1 = map[slots]\n r2 = r10\n r2 += -4\n"
	      "call bpf_map_lookup_elem\n r1 = 5\n lock *(u64 *)(r0 +0) += r1\n"
	      "r0 = *(u64 *)(r0 +0)\n exit",
	      5),
	STOPS("past an array's last value",
	      "*(u32 *)(r10 -4) = 3\n r1 = map[slots]\n r2 = r10\n r2 += -4\n"
	      "call bpf_map_lookup_elem\n r0 = *(u64 *)(r0 +8)\n exit",
	      "the map value's end"),
	STOPS("a key that is not memory",
	      "r1 = map[slots]\n r2 = 4\n call bpf_map_lookup_elem\n exit",
	      "r2: 4 bytes at NULL+4"),
	STOPS("a map that is none",
	      "r1 = 4\n r2 = r10\n r2 += -4\n call bpf_map_lookup_elem\n exit",
	      "r1 is not a map of the program's"),
	STOPS("memory and its size",
	      "r1 = r10\n r1 += -8\n r2 = 16\n r3 = 0\n r4 = 0\n r5 = 0\n call bpf_csum_diff\n "
	      "exit",
	      "r1: 16 bytes at"),
	STOPS("a tail call without a program array",
	      "r2 = map[slots]\n r3 = 0\n call bpf_tail_call\n exit",
	      "r2 is not a program array of the program's"),
	GIVES("a tail call that finds nothing",
	      "r2 = map[progs]\n r3 = 0\n call bpf_tail_call\n r0 = 9\n exit", 9),
	GIVES("a callback",
	      "r6 = r10\n *(u64 *)(r10 -8) = 0\n r1 = 10\n r2 = func[each]\n r3 = r10\n r3 += -8\n"
	      "r4 = 0\n call bpf_loop\n r0 = *(u64 *)(r6 -8)\n exit\n"
	      "each: r3 = *(u64 *)(r2 +0)\n r3 += r1\n *(u64 *)(r2 +0) = r3\n r0 = 0\n exit",
	      45),
	STOPS("a fault inside a callback ends the run",
	      "r1 = 8000000\n r2 = func[each]\n r3 = 0\n r4 = 0\n call bpf_loop\n r0 = 1\n exit\n"
	      "each: r0 = *(u64 *)(r2 +0)\n exit",
	      "insn 8: r0 = *(u64 *)(r2 +0): reads 8 bytes at NULL+0"),
	STOPS("callbacks inside callbacks",
	      "each: r1 = 2\n r2 = func[each]\n r3 = 0\n r4 = 0\n call bpf_loop\n r0 = 0\n exit",
	      "nested more than 8 deep"),
	STOPS("a callback that is none", "r1 = 2\n r2 = 5\n r3 = 0\n r4 = 0\n call bpf_loop\n exit",
	      "r2 is not a function of the program's"),
};

static struct skep *skep;
static struct map *maps[MAPS];
static const char *const map_names[MAPS] = {"counts", "slots", "progs"};

static struct map *new_map(u32 type, u32 value_size)
{
	const struct map_attr attr = {
		.type = type, .key_size = 4, .value_size = value_size, .max_entries = 4};
	struct map *map = NULL;

	CHECK_EQ(map_create(skep, &attr, &map), 0);
	return map;
}

static u32 helper_id(const void *cookie, const char *name)
{
	(void)cookie;
	for (u32 id = 1; id <= 211; id++)
		if (!strcmp(helper_by_id(id)->name, name + strlen("bpf_")))
			return id;
	return 0;
}

/* $data and $end as numbers. */
static void expand(const char *text, char out[TEXT])
{
	size_t used = 0;

	for (; *text && used < TEXT - 16; text++) {
		if (!strncmp(text, "$data", 5)) {
			used += (size_t)sprintf(out + used, "%zu", offsetof(struct xdp, pkt.data));
			text += 4;
		} else {
			out[used++] = *text;
		}
	}
	out[used] = 0;
}

/* Functions begin where something calls or names them. */
static void find_functions(struct hand *h, const struct isa_code *code)
{
	u8 begins[256] = {1};

	for (u32 pc = 0; pc < code->len; pc++) {
		enum isa_op op = isa_decode(&code->insns[pc]);

		if (op == ISA_CALL_SUBPROG || op == ISA_LD_FUNC)
			begins[(u32)((s32)pc + 1 + code->insns[pc].imm) % sizeof(begins)] = 1;
	}
	for (u32 pc = 1; pc < code->len; pc++)
		if (begins[pc])
			hand_split(h, pc);
}

/* What the verifier would have done: functions by number, maps by address. */
static void resolve(struct hand *h, struct isa_code *code)
{
	for (u32 pc = 0; pc < code->len; pc++) {
		struct bpf_insn *insn = &code->insns[pc];
		u32 start = (u32)((s32)pc + 1 + insn->imm);

		if (isa_decode(insn) != ISA_LD_FUNC)
			continue;
		for (u32 i = 0; i < h->prog.nr_subprogs; i++)
			if (h->func[i].start == start)
				insn->imm = (s32)i;
	}
	for (u32 i = 0; i < code->nr_refs; i++)
		for (u32 m = 0; m < MAPS; m++) {
			struct bpf_insn *insn = &code->insns[code->refs[i].insn];

			if (strcmp(map_names[m], code->refs[i].name))
				continue;
			insn->src_reg = 0;
			insn->imm = (s32)ptr_to_u64(maps[m]);
			insn[1].imm = (s32)(ptr_to_u64(maps[m]) >> 32);
		}
}

struct outcome {
	u64 value;
	struct interp_watch watch;
	u32 fault;
};

static void run_case(struct hand *h, struct outcome *out)
{
	u8 *buf = malloc(ROOM + PACKET);
	const struct packet_mem mem = {buf, ROOM + PACKET, ROOM, PACKET, &os_host};
	struct run run;
	struct xdp xdp;

	for (u32 i = 0; i < PACKET; i++)
		buf[ROOM + i] = (u8)i;
	xdp_init(&xdp, &mem);
	run_begin(&run, skep, NULL);
	run.engine = &out->watch;
	run.ctx = &xdp;
	run.prog = &h->prog;
	out->watch.insn_limit = 1 << 26;
	out->value = h->prog.entry(&xdp, &run, &h->prog);
	out->fault = run.fault;
	run_end(&run);
	packet_release(&xdp.pkt);
	free(buf);
}

static int check_case(const struct test_case *t)
{
	const struct isa_names names = {.helper_id = helper_id};
	struct outcome out = {0};
	struct isa_error error = {0};
	struct isa_code code;
	char text[TEXT];
	struct hand h;
	int good;

	expand(t->text, text);
	if (isa_asm(&os_host, text, strlen(text), &names, &code, &error)) {
		printf("# %u:%u: %s\n", error.line, error.column, error.text);
		return 0;
	}
	hand_init(&h, skep, code.insns, code.len);
	h.prog.type = progtype_by_id(BPF_PROG_TYPE_XDP);
	h.prog.maps = maps;
	h.prog.nr_maps = MAPS;
	find_functions(&h, &code);
	resolve(&h, &code);
	CHECK_EQ(hand_compile(&h, &engine_checked), 0);
	run_case(&h, &out);
	if (t->fault)
		good = out.fault && !out.value && strstr(out.watch.fault.text, t->fault);
	else
		good = !out.fault && out.value == t->value;
	if (!good)
		printf("# fault %u, value %llu: %s\n", out.fault, (unsigned long long)out.value,
		       out.watch.fault.text);
	hand_free(&h);
	isa_asm_free(&os_host, &code);
	return good;
}

int main(void)
{
	struct skep_config config = {.ncpu = 2};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	maps[0] = new_map(BPF_MAP_TYPE_HASH, 8);
	maps[1] = new_map(BPF_MAP_TYPE_ARRAY, 8);
	maps[2] = new_map(BPF_MAP_TYPE_PROG_ARRAY, 4);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK(check_case(&cases[i]));
		tap_end(cases[i].name);
	}
	for (u32 i = 0; i < MAPS; i++)
		obj_put(&maps[i]->obj);
	skep_base_free(skep);
	return tap_status();
}
