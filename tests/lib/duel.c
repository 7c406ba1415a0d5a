#include "tests/lib/duel.h"

#include <errno.h>

#include "tests/lib/both.h"
#include "tests/lib/gen.h"

static int make_map(struct duel_side *side, enum risky_map which)
{
	static const struct {
		u32 type, key, value, entries;
	} rows[] = {
		[RISKY_ARRAY] = {BPF_MAP_TYPE_ARRAY, 4, RISKY_VALUE, 4},
		[RISKY_HASH] = {BPF_MAP_TYPE_HASH, 8, RISKY_VALUE, RISKY_KEYS},
		[RISKY_INPUT] = {BPF_MAP_TYPE_ARRAY, 4, RISKY_VALUE, 1},
		[RISKY_RING] = {BPF_MAP_TYPE_RINGBUF, 0, 0, 4096},
	};
	union bpf_attr attr = {.map_type = rows[which].type,
			       .key_size = rows[which].key,
			       .value_size = rows[which].value,
			       .max_entries = rows[which].entries};

	return (int)both_bpf(side->skep, BPF_MAP_CREATE, &attr);
}

int duel_begin(struct duel_side *side, struct skep *skep)
{
	int ok = 1;

	side->skep = skep;
	for (enum risky_map i = 0; i < RISKY_MAPS; i++) {
		side->map[i] = make_map(side, i);
		ok &= side->map[i] >= 0;
	}
	return ok;
}

void duel_end(struct duel_side *side)
{
	for (u32 i = 0; i < RISKY_MAPS; i++)
		both_close(side->skep, side->map[i]);
}

/* A ring buffer is never emptied, so each program gets its own. */
static void fresh_ring(struct duel_side *side, const struct risky *program)
{
	if (!(program->maps >> RISKY_RING & 1))
		return;
	both_close(side->skep, side->map[RISKY_RING]);
	side->map[RISKY_RING] = make_map(side, RISKY_RING);
}

int duel_load(struct duel_side *side, const struct risky *program, char *log, u32 log_size)
{
	struct bpf_insn insns[RISKY_INSNS];
	union bpf_attr attr = {.prog_type = program->type,
			       .insns = ptr_to_u64(insns),
			       .insn_cnt = program->len,
			       .license = ptr_to_u64("GPL"),
			       .log_buf = ptr_to_u64(log),
			       .log_size = log ? log_size : 0,
			       .log_level = log ? 2 : 0};

	fresh_ring(side, program);
	memcpy(insns, program->insns, program->len * sizeof(*insns));
	for (u32 pc = 0; pc < program->len; pc++)
		if (insns[pc].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[pc].src_reg)
			insns[pc].imm = side->map[insns[pc].imm];
	return (int)both_bpf(side->skep, BPF_PROG_LOAD, &attr);
}

void duel_unload(struct duel_side *side, int fd)
{
	both_close(side->skep, fd);
}

static void fill(u64 *seed, void *to, u32 size)
{
	for (u32 i = 0; i < size; i += 8) {
		u64 value = gen_value(seed);

		memcpy((u8 *)to + i, &value, 8);
	}
}

static void map_call(struct duel_side *side, int cmd, enum risky_map map, const void *key,
		     void *value)
{
	union bpf_attr attr = {
		.map_fd = (u32)side->map[map], .key = ptr_to_u64(key), .value = ptr_to_u64(value)};

	both_bpf(side->skep, cmd, &attr);
}

static void set_maps(struct duel_side *side, const struct risky *program, u64 *seed)
{
	u8 value[RISKY_VALUE];

	for (u32 i = 0; i < 4 && program->maps >> RISKY_ARRAY & 1; i++) {
		fill(seed, value, sizeof(value));
		map_call(side, BPF_MAP_UPDATE_ELEM, RISKY_ARRAY, &i, value);
	}
	for (u64 i = 0; i < RISKY_KEYS && program->maps >> RISKY_HASH & 1; i++) {
		fill(seed, value, sizeof(value));
		if (i < RISKY_KEYS / 2)
			map_call(side, BPF_MAP_UPDATE_ELEM, RISKY_HASH, &i, value);
		else
			map_call(side, BPF_MAP_DELETE_ELEM, RISKY_HASH, &i, NULL);
	}
	fill(seed, value, sizeof(value));
	map_call(side, BPF_MAP_UPDATE_ELEM, RISKY_INPUT, &(u32){0}, value);
}

static void read_maps(struct duel_side *side, const struct risky *program, struct duel_outcome *out)
{
	for (u32 i = 0; i < 4 && program->maps >> RISKY_ARRAY & 1; i++)
		map_call(side, BPF_MAP_LOOKUP_ELEM, RISKY_ARRAY, &i, out->array + i * RISKY_VALUE);
	for (u64 i = 0; i < RISKY_KEYS && program->maps >> RISKY_HASH & 1; i++)
		map_call(side, BPF_MAP_LOOKUP_ELEM, RISKY_HASH, &i, out->hash + i * RISKY_VALUE);
	map_call(side, BPF_MAP_LOOKUP_ELEM, RISKY_INPUT, &(u32){0}, out->input);
}

void duel_run(struct duel_side *side, const struct risky *program, int fd, u64 seed,
	      struct duel_outcome *out)
{
	u8 packet[DUEL_PACKET];
	/* at least what Linux takes for a frame; short ones show what is read past the end */
	u32 size = DUEL_FRAME + (u32)(gen_random(&seed) % (DUEL_PACKET - DUEL_FRAME + 1));
	u64 numbers[16];
	struct __sk_buff ctx = {0};
	union bpf_attr attr = {.test = {.prog_fd = (u32)fd,
					.data_in = ptr_to_u64(packet),
					.data_size_in = size,
					.data_out = ptr_to_u64(out->data),
					.data_size_out = DUEL_ROOM}};

	memset(out, 0, sizeof(*out));
	fill(&seed, packet, sizeof(packet));
	packet[12] = 0x88; /* a protocol that nobody looks into */
	packet[13] = 0xb5;
	fill(&seed, numbers, sizeof(numbers));
	ctx.mark = (u32)numbers[0];
	ctx.priority = (u32)numbers[1];
	memcpy(ctx.cb, &numbers[2], sizeof(ctx.cb));
	if (program->type == BPF_PROG_TYPE_SCHED_CLS) {
		attr.test.ctx_in = ptr_to_u64(&ctx);
		attr.test.ctx_size_in = sizeof(ctx);
	}
	set_maps(side, program, &seed);
	out->err = (s32)both_bpf(side->skep, BPF_PROG_TEST_RUN, &attr);
	out->retval = attr.test.retval;
	out->len = attr.test.data_size_out;
	read_maps(side, program, out);
}

const char *duel_difference(const struct duel_outcome *a, const struct duel_outcome *b)
{
	if (a->err != b->err)
		return "errno";
	if (a->retval != b->retval)
		return "r0";
	if (a->len != b->len || memcmp(a->data, b->data, sizeof(a->data)))
		return "packet";
	if (memcmp(a->array, b->array, sizeof(a->array)) ||
	    memcmp(a->input, b->input, sizeof(a->input)) ||
	    memcmp(a->hash, b->hash, sizeof(a->hash)))
		return "maps";
	return NULL;
}
