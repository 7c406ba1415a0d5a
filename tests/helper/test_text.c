/* Helpers on text against Linux: formatted printing, numbers out of strings, comparison. */
#include <errno.h>

#include "../lib/linux_prog.h"
#include "../tap.h"
#include "base/skep.h"
#include "btf/btf.h"
#include "helper/format.h"
#include "helper/helper.h"

enum { TEXT = 128, OUT = 256, ARGS = 12 };

/* The map value of Linux's programs, and our own memory. */
struct area {
	u64 r0;
	u64 result;
	u64 args[ARGS];
	char text[TEXT];
	char out[OUT];
};

static const char string[16] = "\xc0\xa8str\x09 ing!";
_Static_assert(sizeof(string) == 16, "an address, too");

/* CHECK_EQ that names the text it is about. */
static int check_same(u64 got, u64 want, const char *text, int line)
{
	if (got == want)
		return 1;
	tap_bad++;
	printf("# test_text.c:%d: '%s': ours %lld, Linux %lld\n", line, text, (long long)got,
	       (long long)want);
	return 0;
}
#define CHECK_SAME(got, want, text) check_same((u64)(got), (u64)(want), text, __LINE__)

struct code {
	struct bpf_insn insn[64];
	u32 len;
};

static void emit(struct code *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	c->insn[c->len++] = (struct bpf_insn){code, dst, src, off, imm};
}

static void emit_const(struct code *c, u8 reg, u64 value)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (s32)value);
	emit(c, 0, 0, 0, 0, (s32)(value >> 32));
}

static void emit_value(struct code *c, u8 reg, int map, u32 off)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_VALUE, 0, map);
	emit(c, 0, 0, 0, 0, (s32)off);
}

static int map_make(u32 size, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = size;
	attr.max_entries = 1;
	attr.map_flags = flags;
	return (int)linux_bpf(BPF_MAP_CREATE, &attr);
}

static int map_element(int cmd, int map, void *value)
{
	union bpf_attr attr;
	u32 key = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map;
	attr.key = ptr_to_u64(&key);
	attr.value = ptr_to_u64(value);
	return (int)linux_bpf(cmd, &attr);
}

/* A constant string: a frozen map that programs may not write. */
static int map_constant(const char *text)
{
	char value[TEXT] = {0};
	union bpf_attr attr;
	int map = map_make(TEXT, BPF_F_RDONLY_PROG);

	memcpy(value, text, strlen(text));
	map_element(BPF_MAP_UPDATE_ELEM, map, value);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map;
	linux_bpf(BPF_MAP_FREEZE, &attr);
	return map;
}

/* Store R0, return; load, run, read the area back.  -1: Linux did not load it. */
static int linux_call(struct code *c, int map, struct area *area)
{
	static u8 packet[64];
	union bpf_attr attr;

	emit_value(c, 7, map, 0);
	emit(c, BPF_STX | BPF_MEM | BPF_DW, 7, 0, 0, 0);
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = ptr_to_u64(c->insn);
	attr.insn_cnt = c->len;
	attr.license = ptr_to_u64("GPL");
	int prog = (int)linux_bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0)
		return -1;
	map_element(BPF_MAP_UPDATE_ELEM, map, area);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)prog;
	attr.test.data_in = ptr_to_u64(packet);
	attr.test.data_size_in = sizeof(packet);
	CHECK(linux_bpf(BPF_PROG_TEST_RUN, &attr) == 0);
	map_element(BPF_MAP_LOOKUP_ELEM, map, area);
	close(prog);
	return 0;
}

static u64 call(u32 id, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct skep skep = {.os = &os_host};
	struct run run = {.skep = &skep};

	return helper_by_id(id)->fn(r1, r2, r3, r4, r5, &run);
}

static const struct format_case {
	const char *fmt;
	u32 n, addresses;
	u64 args[ARGS];
} formats[] = {
#define FORMAT(fmt, n, addresses, ...) {fmt, n, addresses, {__VA_ARGS__}},
#include "formats.def"
};

static void area_init(struct area *area, const struct format_case *f)
{
	memset(area, 0, sizeof(*area));
	memset(area->out, 0x55, sizeof(area->out));
	memcpy(area->args, f->args, sizeof(f->args));
	memcpy(area->text, string, sizeof(string));
}

static int linux_format(const struct format_case *f, u32 size, int map, struct area *area)
{
	struct code c = {.len = 0};
	int constant = map_constant(f->fmt);

	area_init(area, f);
	for (u32 i = 0; i < f->n; i++) {
		if (!(f->addresses >> i & 1))
			continue;
		emit_value(&c, 1, map, offsetof(struct area, text));
		emit_value(&c, 2, map, (u32)offsetof(struct area, args[i]));
		emit(&c, BPF_STX | BPF_MEM | BPF_DW, 2, 1, 0, 0);
	}
	emit_value(&c, 1, map, offsetof(struct area, out));
	emit_const(&c, 2, size);
	emit_value(&c, 3, constant, 0);
	emit_value(&c, 4, map, offsetof(struct area, args));
	emit_const(&c, 5, f->n * 8);
	emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_snprintf);
	int err = linux_call(&c, map, area);
	close(constant);
	return err;
}

static void our_format(const struct format_case *f, u32 size, struct area *area)
{
	area_init(area, f);
	for (u32 i = 0; i < f->n; i++)
		if (f->addresses >> i & 1)
			area->args[i] = ptr_to_u64(area->text);
	area->r0 = call(BPF_FUNC_snprintf, ptr_to_u64(area->out), size, ptr_to_u64(f->fmt),
			ptr_to_u64(area->args), f->n * 8);
}

static void formats_as_linux(void)
{
	static const u32 sizes[] = {1, 4, 10, 200};
	int map = map_make(sizeof(struct area), 0);
	struct area theirs, ours;
	u32 tried = 0;

	for (u32 i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct format_case *f = &formats[i];
		for (u32 s = 0; s < ARRAY_SIZE(sizes); s++, tried++) {
			int refused = linux_format(f, sizes[s], map, &theirs);
			int bad = format_check(f->fmt, (u32)strlen(f->fmt) + 1, f->n) != 0;
			if (!CHECK_SAME(bad, refused != 0, f->fmt) || bad)
				continue;
			our_format(f, sizes[s], &ours);
			CHECK_SAME(ours.r0, theirs.r0, f->fmt);
			if (!CHECK(!memcmp(ours.out, theirs.out, OUT)))
				printf("# '%s': Linux '%.60s', ours '%.60s'\n", f->fmt, theirs.out,
				       ours.out);
		}
	}
	printf("# %u formats\n", tried);
	close(map);
}

static const char *const numbers[] = {
	"0",
	"1",
	"-1",
	"+1",
	" 12",
	"\t\n 12",
	"- 1",
	"--1",
	"",
	" ",
	"-",
	"0x",
	"0x1f",
	"0X1F",
	"-0x10",
	"010",
	"08",
	"09",
	"0o7",
	"12abc",
	"abc",
	"ff",
	"FF",
	"0xg",
	"9223372036854775807",
	"9223372036854775808",
	"-9223372036854775808",
	"-9223372036854775809",
	"18446744073709551615",
	"18446744073709551616",
	"99999999999999999999999999",
	"0x7fffffffffffffff",
	"0x10000000000000000",
	"1777777777777777777777",
	"7_7",
	"12 13",
	"00",
	"0x0x1",
	"1e5",
	"\v7",
	"\2407",
};

static void linux_number(u32 id, const char *text, u32 flags, int map, struct area *area)
{
	struct code c = {.len = 0};

	memset(area, 0, sizeof(*area));
	memcpy(area->text, text, strlen(text));
	emit_value(&c, 1, map, offsetof(struct area, text));
	emit_const(&c, 2, strlen(text) + 1);
	emit_const(&c, 3, flags);
	emit_value(&c, 4, map, offsetof(struct area, result));
	emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)id);
	CHECK(linux_call(&c, map, area) == 0);
}

static void numbers_as_linux(void)
{
	static const u32 bases[] = {0, 8, 10, 16, 2, 32, 7, 0x1f};
	int map = map_make(sizeof(struct area), 0);

	for (u32 id = BPF_FUNC_strtol; id <= BPF_FUNC_strtoul; id++)
		for (u32 i = 0; i < ARRAY_SIZE(numbers); i++)
			for (u32 b = 0; b < ARRAY_SIZE(bases); b++) {
				const char *text = numbers[i];
				struct area theirs;
				u64 result = 0;
				linux_number(id, text, bases[b], map, &theirs);
				u64 r0 = call(id, ptr_to_u64(text), strlen(text) + 1, bases[b],
					      ptr_to_u64(&result), 0);
				CHECK_SAME(r0, theirs.r0, text);
				CHECK_SAME(result, theirs.result, text);
			}
	close(map);
}

static void comparison_as_linux(void)
{
	static const char *const texts[] = {"", "a", "ab", "abc", "abd", "\xff", "b", "abcdefgh"};
	int map = map_make(sizeof(struct area), 0);

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		for (u32 k = 0; k < ARRAY_SIZE(texts); k++)
			for (u32 n = 1; n < 10; n += 2) {
				struct code c = {.len = 0};
				struct area area = {.r0 = 0};
				int constant = map_constant(texts[k]);
				strcpy(area.text, texts[i]);
				u64 r0 = call(BPF_FUNC_strncmp, ptr_to_u64(area.text), n,
					      ptr_to_u64(texts[k]), 0, 0);
				emit_value(&c, 1, map, offsetof(struct area, text));
				emit_const(&c, 2, n);
				emit_value(&c, 3, constant, 0);
				emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_strncmp);
				CHECK(linux_call(&c, map, &area) == 0);
				CHECK_SAME(r0, (s64)(s32)area.r0, texts[i]);
				close(constant);
			}
	close(map);
}

/* The kfuncs on strings: what their arguments are besides the first string. */
enum { WITH_NOTHING, WITH_CHAR, WITH_COUNT, WITH_COUNT_CHAR, WITH_STRING, WITH_STRING_COUNT };
static const struct {
	const char *name;
	int with;
} kstrings[] = {
	{"bpf_strlen", WITH_NOTHING}, {"bpf_strnlen", WITH_COUNT},
	{"bpf_strchr", WITH_CHAR},    {"bpf_strchrnul", WITH_CHAR},
	{"bpf_strrchr", WITH_CHAR},   {"bpf_strnchr", WITH_COUNT_CHAR},
	{"bpf_strcmp", WITH_STRING},  {"bpf_strcasecmp", WITH_STRING},
	{"bpf_strspn", WITH_STRING},  {"bpf_strcspn", WITH_STRING},
	{"bpf_strstr", WITH_STRING},  {"bpf_strnstr", WITH_STRING_COUNT},
};

/* R2 and R3 of a call, of all that `with` has, one after the other; 0 when there are no more. */
static int nth_args(int with, u32 n, const char **other, u64 *r2, u64 *r3)
{
	static const char *const others[] = {"",   "a",    "b",    "ab",   "ba",  "abab", "AbAb",
					     "ca", "\xe4", "\xc4", "abc ", "b c", "\x7f", "[`"};
	static const u64 chars[] = {0, 'a', 'b', 'c', 0xe4, 0x100 + 'a', -1ull};
	static const u64 counts[] = {0, 1, 2, 3, 7, 100, 4096, 4097, 1ull << 32, -1ull};
	u32 of_chars = with == WITH_CHAR || with == WITH_COUNT_CHAR ? ARRAY_SIZE(chars) : 1;
	u32 of_counts = with == WITH_COUNT || with == WITH_COUNT_CHAR || with == WITH_STRING_COUNT
				? ARRAY_SIZE(counts)
				: 1;
	u32 of_strings = with >= WITH_STRING ? ARRAY_SIZE(others) : 1;
	u64 one_char = chars[n % of_chars], count = counts[n / of_chars % of_counts];

	*other = with >= WITH_STRING ? others[n / of_chars / of_counts % of_strings] : NULL;
	*r2 = with == WITH_CHAR ? one_char : count;
	*r3 = with == WITH_COUNT_CHAR ? one_char : count;
	return n < of_chars * of_counts * of_strings;
}

/* The strings lie in text and out; Linux's call is of the id that its BTF has for the name. */
static void linux_kstring(u32 id, struct area *area, int map, const u64 r[3], int two)
{
	struct code c = {.len = 0};

	emit_value(&c, 1, map, offsetof(struct area, text));
	emit_const(&c, 2, r[1]);
	if (two)
		emit_value(&c, 2, map, offsetof(struct area, out));
	emit_const(&c, 3, r[2]);
	emit(&c, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, (s32)id);
	CHECK(linux_call(&c, map, area) == 0);
}

static void kstring_as_linux(u32 k, u32 id, const char *text, int map)
{
	struct skep skep = {.os = &os_host};
	struct run run = {.skep = &skep};
	const char *other;
	u64 r[3];

	for (u32 n = 0; nth_args(kstrings[k].with, n, &other, &r[1], &r[2]); n++) {
		struct area area = {.r0 = 0};
		strcpy(area.text, text);
		if (other)
			strcpy(area.out, other);
		u64 ours = kfunc_by_name(kstrings[k].name)
				   ->fn(ptr_to_u64(area.text), other ? ptr_to_u64(area.out) : r[1],
					r[2], 0, 0, &run);
		linux_kstring(id, &area, map, r, other != NULL);
		if (!CHECK_SAME((s32)ours, (s64)(s32)area.r0, text))
			printf("# %s with '%s' %llx %llx\n", kstrings[k].name, other ? other : "",
			       (long long)r[1], (long long)r[2]);
	}
}

static void kstrings_as_linux(void)
{
	static const char *const texts[] = {"",         "a",        "ab",  "abab", "ABAB",
					    "abc abc",  "cab",      "b",   "\xe4", "\xc4x",
					    "aaaaaaab", "\x7f\x80", "a[b`"};
	struct skep_config config = {.os = &os_host};
	int map = map_make(sizeof(struct area), 0);
	struct skep *skep;

	if (!CHECK(!skep_base_create(&config, &skep)))
		return;
	for (u32 k = 0; k < ARRAY_SIZE(kstrings); k++) {
		const struct btf *btf = btf_kernel(skep);
		u32 id = btf ? btf_find(btf, kstrings[k].name, BTF_KIND_FUNC) : 0;
		for (u32 i = 0; id && i < ARRAY_SIZE(texts); i++)
			kstring_as_linux(k, id, texts[i], map);
		if (!id)
			printf("# this kernel has no %s\n", kstrings[k].name);
	}
	btf_kernel_free(skep);
	skep_base_free(skep);
	close(map);
}

/* bpf_trace_vprintk's checks of its arguments, and of formats that no one has looked at before. */
static void printk_as_linux(void)
{
	static const u32 sizes[] = {0, 4, 8, 12, 96, 104};
	int map = map_make(sizeof(struct area), 0);

	for (u32 i = 0; i < ARRAY_SIZE(formats); i++)
		for (u32 s = 0; s < ARRAY_SIZE(sizes); s++) {
			const struct format_case *f = &formats[i];
			struct code c = {.len = 0};
			struct area area;
			if (strchr(f->fmt, 'p') || strlen(f->fmt) + 1 > TEXT)
				continue;
			area_init(&area, f);
			memset(area.args, 0, sizeof(area.args));
			memset(area.text, 0, TEXT);
			memcpy(area.text, f->fmt, strlen(f->fmt));
			u64 r0 = call(BPF_FUNC_trace_vprintk, ptr_to_u64(area.text),
				      strlen(f->fmt) + 1, ptr_to_u64(area.args), sizes[s], 0);
			emit_value(&c, 1, map, offsetof(struct area, text));
			emit_const(&c, 2, strlen(f->fmt) + 1);
			emit_value(&c, 3, map, offsetof(struct area, args));
			emit_const(&c, 4, sizes[s]);
			emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_trace_vprintk);
			CHECK(linux_call(&c, map, &area) == 0);
			CHECK_SAME(r0, area.r0, f->fmt);
		}
	close(map);
}

int main(void)
{
	if (!linux_available()) {
		tap_skip("text as Linux", "no bpf() here");
		return EXIT_SUCCESS;
	}
	TEST(formats_as_linux);
	TEST(numbers_as_linux);
	TEST(comparison_as_linux);
	TEST(printk_as_linux);
	TEST(kstrings_as_linux);
	return tap_status();
}
