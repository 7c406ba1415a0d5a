/* Which memory is a program's: stacks, context, packet, what it has been given, values of maps. */
#include <stdio.h>

#include "helper/packet.h"
#include "interp/checked.h"
#include "progtype/progtype.h"

/* sound because: no sum of it can wrap */
static int inside(const struct range *range, u64 addr, u64 size)
{
	return addr >= range->start && addr <= range->end && size <= range->end - addr;
}

static struct range stack_of(const struct stacks *stacks, u32 frame)
{
	u64 end = stacks->base + (u64)(frame + 1) * CHECKED_STRIDE;

	return (struct range){end - MAX_BPF_STACK, end, "stack"};
}

static int in_stacks(const struct checked *c, u64 addr, u64 size)
{
	for (const struct stacks *s = c->top; s; s = s->outer) {
		u64 frame = (addr - s->base) / CHECKED_STRIDE;
		struct range range;

		if (addr < s->base || frame >= s->frames)
			continue;
		range = stack_of(s, (u32)frame);
		return inside(&range, addr, size);
	}
	return 0;
}

/* As programs see it.  The pointers behind it, which rewritten loads reach, are ours. */
static struct range context_of(const struct checked *c, enum guard_how how)
{
	const struct progtype *type = c->image->prog->type;
	const struct ctx_layout *layout = type ? type->ctx : NULL;
	u64 size = c->run->ctx_size;

	if (!size && layout)
		size = layout->size;
	for (u32 i = 0; how == GUARD_READ && layout && i < layout->nr_fields; i++) {
		const struct ctx_field *field = &layout->fields[i];

		if (field->to_size && field->to + field->to_size > size)
			size = field->to + field->to_size;
	}
	return (struct range){c->ctx, c->ctx + size, "context"};
}

/* The pointer that a context field stands for, 0 if there is no such field. */
static u64 pointer_of(const struct checked *c, enum field_kind kind)
{
	const struct progtype *type = c->image->prog->type;
	const struct ctx_layout *layout = type ? type->ctx : NULL;
	u64 pointer = 0;

	for (u32 i = 0; layout && c->ctx && i < layout->nr_fields; i++) {
		const struct ctx_field *field = &layout->fields[i];
		const u32 at = field->to_size ? field->to : field->off;

		if (field->kind != kind ||
		    (field->to_size ? field->to_size : field->size) != sizeof(pointer))
			continue;
		memcpy(&pointer, u64_to_ptr(c->ctx + at), sizeof(pointer));
		return pointer;
	}
	return 0;
}

static struct range packet_of(const struct checked *c)
{
	u64 data = pointer_of(c, FIELD_PACKET), end = pointer_of(c, FIELD_PACKET_END);
	u64 meta = pointer_of(c, FIELD_PACKET_META);

	if (meta && meta < data)
		data = meta;
	return (struct range){data, end > data ? end : data, "packet"};
}

/* What other context fields point to. */
static const struct {
	enum field_kind kind;
	u32 size;
	const char *name;
} pointees[] = {
	{FIELD_SOCKET, sizeof(struct bpf_sock), "socket"},
	{FIELD_SOCKET_OR_NULL, sizeof(struct bpf_sock), "socket"},
	{FIELD_SOCK_COMMON_OR_NULL, sizeof(struct bpf_sock), "socket"},
	{FIELD_FLOW_KEYS, sizeof(struct bpf_flow_keys), "flow keys"},
};

static struct range pointee_of(const struct checked *c, u32 i)
{
	u64 start = pointer_of(c, pointees[i].kind);

	return (struct range){start, start ? start + pointees[i].size : 0, pointees[i].name};
}

static struct range grant_of(const struct checked *c, u32 i)
{
	const struct grant *grant = &c->grants[i];

	return (struct range){grant->start, grant->start + grant->size, grant->name};
}

static int map_has(struct checked *c, struct map *map, u64 addr, u32 size)
{
	if (!map_contains(map, addr, size))
		return 0;
	c->last = map;
	return 1;
}

static int in_maps(struct checked *c, u64 addr, u64 size)
{
	const struct prog *prog = c->image->prog;

	if (size > UINT32_MAX)
		return 0;
	if (c->last && map_has(c, c->last, addr, (u32)size))
		return 1;
	for (u32 i = 0; i < prog->nr_maps; i++)
		if (map_has(c, prog->maps[i], addr, (u32)size))
			return 1;
	for (u32 i = 0; i < c->nr_inner; i++)
		if (map_has(c, c->inner[i], addr, (u32)size))
			return 1;
	return 0;
}

/*
 * The n-th range that is not a stack, in the order in which programs use them; 0 past the last.  An
 * empty range (nothing is there) holds no address but its start, and no byte.
 */
static int nth_range(const struct checked *c, u32 n, enum guard_how how, struct range *out)
{
	if (n == 0)
		*out = packet_of(c);
	else if (n == 1)
		*out = context_of(c, how);
	else if (n < 2 + GRANTS)
		*out = grant_of(c, n - 2);
	else if (n < 2 + GRANTS + ARRAY_SIZE(pointees))
		*out = pointee_of(c, n - 2 - GRANTS);
	else
		return 0;
	return 1;
}

int checked_memory(struct checked *c, u64 addr, u64 size, enum guard_how how)
{
	struct range range;

	if (in_stacks(c, addr, size) || (c->last && map_has(c, c->last, addr, (u32)size)))
		return 1;
	for (u32 n = 0; nth_range(c, n, how, &range); n++)
		if (inside(&range, addr, size))
			return 1;
	return in_maps(c, addr, size);
}

/* How far [addr, addr + size) is off the range, on which side; -1: too far to be meant. */
static u64 miss(const struct range *range, u64 addr, u64 size, int *below)
{
	*below = addr < range->start;
	if (range->start == range->end)
		return -1ull;
	return *below ? range->start - addr : addr + size - range->end;
}

static void nearer(struct range *best, u64 *best_miss, const struct range *range, u64 addr,
		   u64 size)
{
	int below;
	u64 by = miss(range, addr, size, &below);

	if (by < *best_miss) {
		*best = *range;
		*best_miss = by;
	}
}

void checked_describe(const struct checked *c, u64 addr, u64 size, char *text, size_t len)
{
	struct range range, best = {0};
	u64 by = 64 * 1024; /* farther off is not said */
	int below;

	for (const struct stacks *s = c->top; s; s = s->outer)
		for (u32 frame = 0; frame < s->frames; frame++) {
			range = stack_of(s, frame);
			nearer(&best, &by, &range, addr, size);
		}
	for (u32 n = 0; nth_range(c, n, GUARD_WRITE, &range); n++)
		nearer(&best, &by, &range, addr, size);
	if (addr < 4096 || addr > -4096ull) {
		snprintf(text, len, "NULL%+lld", (long long)addr);
	} else if (best.name) {
		miss(&best, addr, size, &below);
		snprintf(text, len, "0x%llx, %llu bytes %s the %s's %s", (unsigned long long)addr,
			 (unsigned long long)by, below ? "before" : "past", best.name,
			 below ? "start" : "end");
	} else {
		snprintf(text, len, "0x%llx, which is nowhere in the program's memory",
			 (unsigned long long)addr);
	}
}

void checked_grant(struct checked *c, u64 start, u64 size, const char *name)
{
	if (!start || size > UINT32_MAX)
		return;
	c->grants[c->next_grant++ % GRANTS] = (struct grant){start, (u32)size, name};
}

void checked_revoke(struct checked *c, u64 start)
{
	for (u32 i = 0; i < GRANTS; i++)
		if (c->grants[i].start == start)
			c->grants[i] = (struct grant){0};
}

struct map *checked_map(const struct checked *c, u64 addr)
{
	const struct prog *prog = c->image->prog;

	for (u32 i = 0; i < prog->nr_maps; i++)
		if (ptr_to_u64(prog->maps[i]) == addr)
			return prog->maps[i];
	for (u32 i = 0; i < c->nr_inner; i++)
		if (ptr_to_u64(c->inner[i]) == addr)
			return c->inner[i];
	return NULL;
}
