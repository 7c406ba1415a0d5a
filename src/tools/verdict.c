/* One table a family of program types: value, name, does the packet go on. */
#include "base/abi.h"

#include "tools/verdict.h"

#include <stdio.h>
#include <stdlib.h>

struct verdict {
	s32 value;
	const char *name; /* NULL ends a table */
	bool passes;
};

/* The values are lengths: how much of the packet the socket gets. */
struct verdict_names {
	const struct verdict *verdicts;
	bool lengths;
};

static const struct verdict xdp[] = {
	{0, "XDP_ABORTED", false}, {1, "XDP_DROP", false},    {2, "XDP_PASS", true},
	{3, "XDP_TX", true},       {4, "XDP_REDIRECT", true}, {0, NULL, false},
};

static const struct verdict tc[] = {
	{-1, "TC_ACT_UNSPEC", true}, {0, "TC_ACT_OK", true},     {1, "TC_ACT_RECLASSIFY", true},
	{2, "TC_ACT_SHOT", false},   {3, "TC_ACT_PIPE", true},   {4, "TC_ACT_STOLEN", false},
	{5, "TC_ACT_QUEUED", false}, {6, "TC_ACT_REPEAT", true}, {7, "TC_ACT_REDIRECT", true},
	{8, "TC_ACT_TRAP", false},   {0, NULL, false},
};

static const struct verdict cgroup_skb[] = {
	{0, "DROP", false},           {1, "PASS", true}, {2, "DROP, congested", false},
	{3, "PASS, congested", true}, {0, NULL, false},
};

static const struct verdict lwt[] = {
	{0, "BPF_OK", true},       {2, "BPF_DROP", false},
	{7, "BPF_REDIRECT", true}, {128, "BPF_LWT_REROUTE", true},
	{0, NULL, false},
};

static const struct verdict sk[] = {
	{0, "SK_DROP", false},
	{1, "SK_PASS", true},
	{0, NULL, false},
};

static const struct verdict dissector[] = {
	{0, "BPF_OK", true},
	{2, "BPF_DROP", false},
	{129, "BPF_FLOW_DISSECTOR_CONTINUE", true},
	{0, NULL, false},
};

static const struct verdict netfilter[] = {
	{0, "NF_DROP", false},
	{1, "NF_ACCEPT", true},
	{0, NULL, false},
};

static const struct verdict none[] = {{0, NULL, false}};

static const struct verdict_names by_type[__MAX_BPF_PROG_TYPE] = {
	[BPF_PROG_TYPE_SOCKET_FILTER] = {none, true},
	[BPF_PROG_TYPE_SCHED_CLS] = {tc, false},
	[BPF_PROG_TYPE_SCHED_ACT] = {tc, false},
	[BPF_PROG_TYPE_XDP] = {xdp, false},
	[BPF_PROG_TYPE_CGROUP_SKB] = {cgroup_skb, false},
	[BPF_PROG_TYPE_LWT_IN] = {lwt, false},
	[BPF_PROG_TYPE_LWT_OUT] = {lwt, false},
	[BPF_PROG_TYPE_LWT_XMIT] = {lwt, false},
	[BPF_PROG_TYPE_LWT_SEG6LOCAL] = {lwt, false},
	[BPF_PROG_TYPE_SK_SKB] = {sk, false},
	[BPF_PROG_TYPE_SK_LOOKUP] = {sk, false},
	[BPF_PROG_TYPE_FLOW_DISSECTOR] = {dissector, false},
	[BPF_PROG_TYPE_NETFILTER] = {netfilter, false},
};
static const struct verdict_names unnamed = {none, false};

int tally_create(struct tally *t, u32 prog_type)
{
	const struct verdict_names *names =
		prog_type < ARRAY_SIZE(by_type) ? &by_type[prog_type] : &unnamed;

	*t = (struct tally){.names = names->verdicts ? names : &unnamed};
	t->rows = calloc(TALLY_MAX, sizeof(*t->rows));
	return t->rows ? 0 : -1;
}

void tally_destroy(struct tally *t)
{
	free(t->rows);
}

/* Socket filters: all that keeps a packet whole is one verdict. */
enum { KEPT_WHOLE = -1 };

void tally_add(struct tally *t, u32 retval, u32 len)
{
	s64 value = t->names->lengths ? (retval >= len ? KEPT_WHOLE : (s64)retval) : (s32)retval;
	u32 i = 0;

	while (i < t->nr_rows && t->rows[i].value != value)
		i++;
	if (i == TALLY_MAX) {
		t->others++;
		return;
	}
	t->nr_rows += i == t->nr_rows;
	t->rows[i].value = value;
	t->rows[i].count++;
}

static const struct verdict *find(const struct tally *t, s64 value)
{
	for (const struct verdict *v = t->names->verdicts; v->name; v++)
		if (v->value == value)
			return v;
	return NULL;
}

static void name_of(const struct tally *t, s64 value, char *name, size_t size)
{
	const struct verdict *v = find(t, value);

	if (v)
		snprintf(name, size, "%s", v->name);
	else if (!t->names->lengths)
		snprintf(name, size, "returned %lld", (long long)value);
	else if (value == KEPT_WHOLE)
		snprintf(name, size, "kept whole");
	else if (value)
		snprintf(name, size, "cut to %lld bytes", (long long)value);
	else
		snprintf(name, size, "dropped");
}

static int by_count(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

void tally_print(struct tally *t, struct out *out)
{
	char name[48];

	qsort(t->rows, t->nr_rows, sizeof(*t->rows), by_count);
	out_object(out, "verdicts");
	for (u32 i = 0; i < t->nr_rows; i++) {
		name_of(t, t->rows[i].value, name, sizeof(name));
		out_u64(out, name, t->rows[i].count);
	}
	if (t->others)
		out_u64(out, "other values", t->others);
	out_end(out);
}

u32 verdict_passes(const struct tally *t, u32 retval, u32 len)
{
	const struct verdict *v = find(t, (s32)retval);

	if (t->names->lengths)
		return retval < len ? retval : len;
	return !v || v->passes ? len : 0;
}
