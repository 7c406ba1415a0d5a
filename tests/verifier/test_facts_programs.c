/*
 * What programs of each type may do, as Linux 6.18 answered: every access to their contexts
 * (ctx_access), what they may return and as what they can be attached (ret_range).  Verdict, errno,
 * and the register's state or the complaint, word for word.
 */
#include <errno.h>

#include "tests/facts.h"
#include "tests/lib/load_facts.h"
#include "tests/tap.h"

static struct load_facts t;

static u32 flags_of(const char *prog)
{
	int sleeps = strstr(prog, "(sleepable") || !strncmp(prog, "SYSCALL", 7);

	return sleeps ? BPF_F_SLEEPABLE : 0;
}

/* Numbers in a complaint stand as N: a row is about a range of offsets. */
static void mask_numbers(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		size_t digits = strspn(at + (*at == '-'), "0123456789");

		if (!digits) {
			*to++ = *at++;
			continue;
		}
		at += digits + (*at == '-');
		*to++ = 'N';
	}
	*to = 0;
}

/* What the log says of R0 after instruction 1: "scalar(...)" */
static void state_of_r0(char text[LOAD_LINE])
{
	const char *at = strstr(t.log, "\n1: ("), *end;
	int depth = 0;

	text[0] = 0;
	end = at ? at + 1 + strcspn(at + 1, "\n") : NULL;
	at = at ? strstr(at, "R0=") : NULL;
	if (!at || at > end)
		return;
	for (end = at += 3; *end != '\n' && (*end != ' ' || depth > 0); end++)
		depth += (*end == '(') - (*end == ')');
	snprintf(text, LOAD_LINE, "%.*s", (int)(end - at), at);
}

enum { PROG, TYPE, ATTACH, OP, SIZE, FIRST, LAST, RESULT, ERRNO, TEXT, CTX_COLUMNS };

static struct bpf_insn access_of(char *column[], s32 off)
{
	u32 size = (u32)atoi(column[SIZE]);
	u8 width = size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;

	if (!strcmp(column[OP], "load"))
		return (struct bpf_insn){
			.code = (u8)(BPF_LDX | BPF_MEM | width), .src_reg = 1, .off = (s16)off};
	if (!strcmp(column[OP], "store_reg"))
		return (struct bpf_insn){
			.code = (u8)(BPF_STX | BPF_MEM | width), .dst_reg = 1, .off = (s16)off};
	return (struct bpf_insn){
		.code = (u8)(BPF_ST | BPF_MEM | width), .dst_reg = 1, .off = (s16)off};
}

static int same_access(char *column[], s32 off, char here[2 * LOAD_LINE])
{
	u32 type = (u32)atoi(column[TYPE]);
	const struct bpf_insn insns[] = {{.code = 0xb7},
					 access_of(column, off),
					 {.code = 0xb7, .imm = load_facts_result(type)},
					 {.code = 0x95}};
	char text[LOAD_LINE], recorded[LOAD_LINE];
	int err = load_facts_load(&t, &(struct load){.type = type,
						     .attach = (u32)atoi(column[ATTACH]),
						     .flags = flags_of(column[PROG]),
						     .log_level = 2,
						     .insns = insns,
						     .len = 4});

	snprintf(recorded, sizeof(recorded), "%s", column[TEXT]);
	if (err) {
		load_facts_complaint(&t, text);
		mask_numbers(text);
		/* some rows have them masked, others not */
		mask_numbers(recorded);
	} else if (!strcmp(column[OP], "load")) {
		state_of_r0(text);
	} else {
		text[0] = 0;
	}
	snprintf(here, 2 * LOAD_LINE, "off %d: %s %s", off, load_facts_errno(err), text);
	return !strcmp(load_facts_errno(err), column[ERRNO]) && !strcmp(text, recorded);
}

/* Linux lets trace records be read from 8 bytes below: there is nothing that belongs to them. */
static int below_record(char *column[])
{
	return atoi(column[TYPE]) == BPF_PROG_TYPE_TRACEPOINT && atoi(column[FIRST]) < 0 &&
	       !strcmp(column[RESULT], "accept");
}

/* Kernel pointers are not known yet. */
static int is_kernel_pointer(char *column[])
{
	return strstr(column[TEXT], "_ptr_") != NULL;
}

static void ctx_access(void)
{
	FILE *f = facts_open("ctx_access");
	char line[4096], row[4096], here[2 * LOAD_LINE], *column[CTX_COLUMNS];

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		s32 first, last;

		strcpy(row, line);
		facts_split(line, column, CTX_COLUMNS);
		if (load_facts_needs_btf((u32)atoi(column[TYPE])) || below_record(column) ||
		    is_kernel_pointer(column)) {
			t.out_of_scope++;
			continue;
		}
		first = atoi(column[FIRST]);
		last = atoi(column[LAST]);
		/* what lies between is judged alike: both ends, and one in the middle */
		load_facts_judge(
			&t,
			same_access(column, first, here) &&
				(first == last || (same_access(column, last, here) &&
						   same_access(column, (first + last) / 2, here))),
			row, here);
	}
	pclose(f);
	CHECK(load_facts_report(&t, "ctx_access", 12966));
}

enum { RETURNED = 3, RET_RESULT, RET_ERRNO, RET_MESSAGE, RET_COLUMNS };

/* "5", "uninit", ...: the program that returns it; its length. */
static u32 returning(const char *what, struct bpf_insn insn[2])
{
	insn[0] = (struct bpf_insn){.code = 0xb7};
	insn[1] = (struct bpf_insn){.code = 0x95};
	if (!strcmp(what, "uninit")) {
		insn[0] = insn[1];
		return 1;
	}
	if (!strcmp(what, "ctx_pointer"))
		insn[0] = (struct bpf_insn){.code = 0xbf, .src_reg = 1};
	else if (!strncmp(what, "unknown", 7))
		insn[0] = (struct bpf_insn){.code = 0x85, .imm = BPF_FUNC_ktime_get_ns};
	else
		insn[0].imm = (s32)strtol(what, NULL, 10);
	return 2;
}

static int same_return(char *column[], u32 flags, char here[2 * LOAD_LINE])
{
	struct bpf_insn insns[2];
	char text[LOAD_LINE] = "";
	struct load load = {.type = (u32)atoi(column[TYPE]),
			    .attach = (u32)atoi(column[ATTACH]),
			    .flags = flags,
			    .log_level = 1,
			    .insns = insns,
			    .len = returning(column[RETURNED], insns)};
	int err = load_facts_load(&t, &load);

	if (err)
		load_facts_complaint(&t, text);
	snprintf(here, 2 * LOAD_LINE, "%s %s", load_facts_errno(err), text);
	return !strcmp(load_facts_errno(err), column[RET_ERRNO]) &&
	       !strcmp(text, column[RET_MESSAGE]);
}

/* Loads with every attach type follow the line "#attach". */
static void ret_range(void)
{
	FILE *f = facts_open("ret_range");
	char line[4096], row[4096], here[2 * LOAD_LINE], *column[RET_COLUMNS];
	int attach = 0;

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		u32 type, flags;

		strcpy(row, line);
		facts_split(line, column, RET_COLUMNS);
		type = (u32)atoi(column[TYPE]);
		flags = attach && type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE
								: flags_of(column[PROG]);
		if (!strcmp(column[0], "#attach"))
			attach = 1;
		else if (load_facts_needs_btf(type))
			t.out_of_scope++;
		else
			load_facts_judge(&t, same_return(column, flags, here), row, here);
	}
	pclose(f);
	CHECK(load_facts_report(&t, "ret_range", 3550));
}

int main(void)
{
	if (!CHECK(load_facts_begin(&t)))
		return 1;
	TEST(ctx_access);
	TEST(ret_range);
	load_facts_end(&t);
	return tap_status();
}
