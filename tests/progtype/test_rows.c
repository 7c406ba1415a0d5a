/* The rows of progtype against what Linux 6.18 does: contexts, helpers, attach types, R0. */
#include "progtype/progtype.h"
#include "tests/facts.h"
#include "tests/tap.h"

enum { SHOWN = 10 };

struct tally {
	const char *what;
	u32 match, out_of_scope, differ;
};

static void tally(struct tally *t, int same, const char *row)
{
	if (same)
		t->match++;
	else if (t->differ++ < SHOWN)
		printf("# %s differs: %s\n", t->what, row);
}

static void tally_end(const struct tally *t)
{
	printf("# %s: %u rows match, %u out of scope, %u differ\n", t->what, t->match,
	       t->out_of_scope, t->differ);
	CHECK(t->match > 0);
	CHECK_EQ(t->differ, 0);
}

static const char *const kind_text[] = {
	[FIELD_SCALAR] = "scalar(",
	[FIELD_PACKET] = "pkt(",
	[FIELD_PACKET_META] = "pkt_meta(",
	[FIELD_PACKET_END] = "pkt_end(",
	[FIELD_SOCKET] = "sock(",
	[FIELD_SOCKET_OR_NULL] = "sock_or_null(",
	[FIELD_SOCK_COMMON_OR_NULL] = "sock_common_or_null(",
	[FIELD_FLOW_KEYS] = "flow_keys(",
	[FIELD_TP_BUFFER] = "tp_buffer(",
	[FIELD_BTF_POINTER] = "trusted_ptr_",
};

/* Contexts that BTF describes have no table; a load below a trace record is a bug of Linux. */
static int ctx_in_scope(const struct progtype *type, int off, const char *result)
{
	if (!type || !type->ctx->fields)
		return 0;
	return !(type->id == BPF_PROG_TYPE_TRACEPOINT && off < 0 && !strcmp(result, "accept"));
}

static int same_access(const struct progtype *type, u32 attach, int off, char *column[])
{
	int write = strcmp(column[3], "load") != 0, accepted = !strcmp(column[7], "accept");
	const struct ctx_field *f =
		progtype_ctx_field(type, attach, off, (u32)atoi(column[4]), write);

	if (!f || !accepted || write)
		return !!f == accepted;
	return !strncmp(column[9], kind_text[f->kind], strlen(kind_text[f->kind])) &&
	       (!f->btf_type || strstr(column[9], f->btf_type));
}

static void ctx_access(void)
{
	FILE *f = facts_open("ctx_access");
	struct tally t = {.what = "ctx_access"};
	char line[4096], row[4096], *column[10];

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		strcpy(row, line);
		facts_split(line, column, 10);
		const struct progtype *type = progtype_by_id((u32)atoi(column[1]));
		int same = 1;

		if (!ctx_in_scope(type, atoi(column[5]), column[7])) {
			t.out_of_scope++;
			continue;
		}
		for (int off = atoi(column[5]); off <= atoi(column[6]); off++)
			same &= same_access(type, (u32)atoi(column[2]), off, column);
		tally(&t, same, row);
	}
	pclose(f);
	tally_end(&t);
}

/* A type that Linux does not let us load on the recorded machine tells nothing about helpers. */
static int helpers_in_scope(u32 type, u32 attach)
{
	return type != BPF_PROG_TYPE_LSM && type != BPF_PROG_TYPE_LIRC_MODE2 &&
	       (type != BPF_PROG_TYPE_TRACING || attach == BPF_TRACE_RAW_TP ||
		attach == BPF_TRACE_ITER);
}

static void helpers(void)
{
	FILE *f = facts_open("helper_by_progtype");
	struct tally t = {.what = "helper_by_progtype"};
	char line[4096], row[4096], *column[9];

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		strcpy(row, line);
		facts_split(line, column, 9);
		u32 type = (u32)atoi(column[1]), attach = (u32)atoi(column[2]);

		if (!helpers_in_scope(type, attach)) {
			t.out_of_scope++;
			continue;
		}
		tally(&t,
		      progtype_allows_helper(progtype_by_id(type), attach, (u32)atoi(column[3])) ==
			      atoi(column[5]),
		      row);
	}
	pclose(f);
	tally_end(&t);
}

static int same_return(const struct progtype_variant *v, char *column[])
{
	char *end;
	long value = strtol(column[3], &end, 10);
	int known = !*end, accepted = !strcmp(column[4], "accept");

	return (!v->ranged || (known && value >= v->ret_min && value <= v->ret_max)) == accepted;
}

/* Loads with each attach type follow the line "#attach"; types that need BTF tell nothing there. */
static int same_attach(char *column[])
{
	const struct progtype *type = progtype_by_id((u32)atoi(column[1]));
	int accepted = !strcmp(column[4], "accept");

	return (type && !progtype_check_attach(type, (u32)atoi(column[2]))) == accepted;
}

static int needs_btf(u32 type)
{
	return type >= BPF_PROG_TYPE_TRACING && type <= BPF_PROG_TYPE_LSM;
}

static void returns_and_attach_types(void)
{
	FILE *f = facts_open("ret_range");
	struct tally t = {.what = "ret_range"};
	char line[4096], row[4096], *column[7];
	int attach = 0;

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		strcpy(row, line);
		facts_split(line, column, 7);
		u32 id = (u32)atoi(column[1]), eat = (u32)atoi(column[2]);
		const struct progtype *type = progtype_by_id(id);

		if (!strcmp(column[0], "#attach"))
			attach = 1;
		else if (attach ? needs_btf(id)
				: !helpers_in_scope(id, eat) || !strcmp(column[3], "uninit"))
			t.out_of_scope++;
		else if (attach)
			tally(&t, same_attach(column), row);
		else
			tally(&t, same_return(progtype_variant(type, eat), column), row);
	}
	pclose(f);
	tally_end(&t);
}

static void rows_are_well_formed(void)
{
	u32 types = 0;

	for (u32 id = 0; id < __MAX_BPF_PROG_TYPE + 2; id++) {
		const struct progtype *type = progtype_by_id(id);

		if (!type)
			continue;
		types++;
		CHECK_EQ(type->id, id);
		CHECK(type->name && type->since && type->test_run);
		for (u32 i = 0; i < type->nr_variants; i++)
			CHECK(type->variants[i].attach != ATTACH_ANY || i == type->nr_variants - 1);
		for (u32 i = 0; i < type->ctx->nr_fields; i++)
			CHECK(type->ctx->fields[i].off + type->ctx->fields[i].size <=
			      type->ctx->size);
	}
	CHECK_EQ(types, 32);
}

int main(void)
{
	TEST(rows_are_well_formed);
	TEST(ctx_access);
	TEST(helpers);
	TEST(returns_and_attach_types);
	return tap_status();
}
