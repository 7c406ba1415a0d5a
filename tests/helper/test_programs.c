/*
 * The cases in tests/helper/programs: small programs that call helpers and kfuncs, run by Linux and
 * by each of our engines.  R0, packet, context, maps and ring buffers have to be the same.
 *
 *	case hello			a name; what follows belongs to it
 *	type XDP			SCHED_CLS unless it says so; of several each is tried
 *	flags 32			prog_flags
 *	run-flags 4			of BPF_PROG_TEST_RUN
 *	packet 5000			so many bytes 0, 1, 2, ...; 64 unless it says so
 *	bytes 14 45 00 ff		what is in it from an offset on
 *	ctx 8 address			so many zero bytes of context are passed; the first eight
 *					may be the packet's address
 *	map out ARRAY 4 64 1		name, type, key, value, entries; then perhaps "lock",
 *					"timer" or "work"
 *
 *	r1 = map[out][0]+8		the program; "call bpf_loop" needs no number, and kfuncs
 *					are called as helpers are
 *
 *	= 5				R0 has to be this, on Linux and here
 *	refused invalid access		not loaded, in these words
 *	again bye			the same once more under another name, but for what follows
 *	ours				Linux is not asked: what it would answer is not known
 */
#include <errno.h>
#include <glob.h>

#include "btf/btf.h"
#include "helper/helper.h"
#include "interp/interp.h"
#include "isa/isa.h"
#include "jit/jit.h"
#include "sys/sys.h"
#include "tests/lib/both.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

#define N(list) (sizeof(list) / sizeof(*(list)))

struct name {
	const char *name;
	u32 number;
};

#define TYPE(name) #name, BPF_PROG_TYPE_##name
static const struct name types[] = {
	{TYPE(SOCKET_FILTER)},  {TYPE(SCHED_CLS)}, {TYPE(XDP)},     {TYPE(CGROUP_SKB)},
	{TYPE(LWT_XMIT)},       {TYPE(SK_SKB)},    {TYPE(SYSCALL)}, {TYPE(SK_LOOKUP)},
	{TYPE(RAW_TRACEPOINT)}, {TYPE(LWT_IN)},    {TYPE(LWT_OUT)}, {TYPE(SCHED_ACT)},
};

#define MAP(name) #name, BPF_MAP_TYPE_##name
static const struct name maps[] = {
	{MAP(ARRAY)},       {MAP(HASH)},       {MAP(LRU_HASH)}, {MAP(PERCPU_ARRAY)},
	{MAP(PERCPU_HASH)}, {MAP(PROG_ARRAY)}, {MAP(RINGBUF)},  {MAP(PERF_EVENT_ARRAY)},
};

static const struct name values[] = {{"lock", BOTH_LOCK}, {"timer", BOTH_TIMER}, {"work", BOTH_WORK}};

static struct fixture {
	struct skep *skep[3]; /* an engine each */
	int linux_here;
	char name[100], text[16384];
	struct both_prog prog;
	u32 types[8], nr_types;
	int ours, has_want;
	long long want;
	char refused[100]; /* what the log has to say, or "" */
	u32 programs, on_linux, differ;
	struct both_outcome theirs, outcome;
} f;

static u32 number_of(const struct name *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return list[i].number;
	printf("# %s: what is %s?\n", f.name, name);
	tap_bad++;
	return 0;
}

static void take_type(const char *rest)
{
	char name[32];
	int n;

	for (f.nr_types = 0; sscanf(rest, "%31s%n", name, &n) == 1; rest += n)
		if (CHECK(f.nr_types < N(f.types)))
			f.types[f.nr_types++] = number_of(types, N(types), name);
}

static void take_flags(const char *rest)
{
	f.prog.flags = (u32)strtoul(rest, NULL, 0);
}

static void take_run_flags(const char *rest)
{
	f.prog.test_flags = (u32)strtoul(rest, NULL, 0);
}

static void take_packet(const char *rest)
{
	f.prog.data_len = (u32)strtoul(rest, NULL, 0);
	CHECK(f.prog.data_len <= sizeof(f.prog.data));
	for (u32 i = 0; i < sizeof(f.prog.data); i++)
		f.prog.data[i] = (u8)i;
}

static void take_bytes(const char *rest)
{
	char *at;
	unsigned long off = strtoul(rest, &at, 0);

	for (; *at && CHECK(off < sizeof(f.prog.data)); off++)
		f.prog.data[off] = (u8)strtoul(at, &at, 16);
}

static void take_ctx(const char *rest)
{
	u64 data = ptr_to_u64(f.prog.data);

	f.prog.ctx_len = (u32)strtoul(rest, NULL, 0);
	CHECK(f.prog.ctx_len <= sizeof(f.prog.ctx));
	if (strstr(rest, "address"))
		memcpy(f.prog.ctx, &data, sizeof(data));
}

static void take_map(const char *rest)
{
	struct both_map *map = &f.prog.map[f.prog.nr_maps];
	char type[32], value[32] = "";

	if (!CHECK(f.prog.nr_maps < BOTH_MAPS) ||
	    !CHECK(sscanf(rest, "%31s %31s %u %u %u %31s", map->name, type, &map->key_size,
			  &map->value_size, &map->max_entries, value) >= 5))
		return;
	map->type = number_of(maps, N(maps), type);
	map->value = value[0] ? number_of(values, N(values), value) : BOTH_PLAIN;
	f.prog.nr_maps++;
}

static void take_want(const char *rest)
{
	f.has_want = 1;
	f.want = strtoll(rest, NULL, 0);
}

static void take_refused(const char *rest)
{
	snprintf(f.refused, sizeof(f.refused), "%.99s", rest);
}

static void take_ours(const char *rest)
{
	(void)rest;
	f.ours = 1;
}

/* "call bpf_dynptr_size" becomes what the assembler knows, with the id that the kernel's BTF has.
 */
static int name_kfunc(const char *line, char *to, size_t size)
{
	const struct btf *btf = btf_kernel(f.skep[0]);
	const char *name = strstr(line, "call bpf_");
	u32 id = 0;

	if (name && kfunc_by_name(name + 5) && btf)
		id = btf_find(btf, name + 5, BTF_KIND_FUNC);
	if (!id)
		return 0;
	snprintf(to, size, "%.*scall kernel-function#%u", (int)(name - line), line, id);
	return 1;
}

static void take_text(const char *line)
{
	char call[128];

	if (name_kfunc(line, call, sizeof(call)))
		line = call;
	if (!CHECK(strlen(f.text) + strlen(line) + 2 < sizeof(f.text)))
		return;
	strcat(f.text, line);
	strcat(f.text, "\n");
}

static int assemble(struct isa_code *code)
{
	if (both_assemble(&f.prog, f.text, code))
		return 1;
	printf("# that is in %s\n", f.name);
	tap_bad++;
	return 0;
}

static void differs(const char *who, const struct both_outcome *out)
{
	f.differ++;
	tap_bad++;
	printf("# %s: type %u, %s: load %ld, run %ld, R0 %d (0x%x)\n", f.name, f.prog.type, who,
	       out->load, out->run, (s32)out->retval, out->retval);
	if (out->load)
		printf("#   %s\n",
		       out->log + (strlen(out->log) > 400 ? strlen(out->log) - 400 : 0));
}

/* It has to work, and to give what the case says. */
static int as_wanted(const char *who, const struct both_outcome *out)
{
	int good = !out->load && !out->run && (!f.has_want || (s32)out->retval == (s32)f.want);

	if (f.refused[0])
		good = out->load && strstr(out->log, f.refused);
	if (!good)
		differs(who, out);
	return good;
}

static void run_case(void)
{
	static const char *const engines[] = {"jit", "interp", "checked"};
	const int ask_linux = f.linux_here && !f.ours;

	f.programs++;
	if (ask_linux) {
		f.on_linux++;
		if (!CHECK(both_run(NULL, &f.prog, &f.theirs)) || !as_wanted("Linux", &f.theirs))
			return;
	}
	for (u32 i = 0; i < N(engines); i++) {
		if (!CHECK(both_run(f.skep[i], &f.prog, &f.outcome)) ||
		    !as_wanted(engines[i], &f.outcome))
			continue;
		if (ask_linux && !f.refused[0] && !both_same(&f.theirs, &f.outcome))
			differs(engines[i], &f.outcome);
	}
}

static void end_case(void)
{
	struct isa_code code;

	if (f.name[0] && assemble(&code)) {
		for (u32 i = 0; i < f.nr_types; i++) {
			f.prog.type = f.types[i];
			f.prog.attach = f.prog.type == BPF_PROG_TYPE_SK_LOOKUP ? BPF_SK_LOOKUP : 0;
			run_case();
		}
		isa_asm_free(&os_host, &code);
	}
	f.name[0] = 0;
}

static void take_case(const char *rest)
{
	end_case();
	memset(&f.prog, 0, sizeof(f.prog));
	f.text[0] = f.refused[0] = 0;
	f.ours = f.has_want = 0;
	take_type("SCHED_CLS");
	take_packet("64");
	snprintf(f.name, sizeof(f.name), "%.99s", rest);
}

static void take_again(const char *rest)
{
	end_case();
	snprintf(f.name, sizeof(f.name), "%.99s", rest);
}

/* Words that begin a line; program text begins with none of them. */
static const struct word {
	const char *name;
	void (*take)(const char *rest);
} words[] = {
	{"case ", take_case},     {"again ", take_again}, {"bytes ", take_bytes},
	{"type ", take_type},     {"flags ", take_flags}, {"run-flags ", take_run_flags},
	{"packet ", take_packet}, {"ctx ", take_ctx},     {"map ", take_map},
	{"= ", take_want},        {"ours", take_ours},    {"refused ", take_refused},
};

static void take_line(const char *line)
{
	for (size_t i = 0; i < N(words); i++)
		if (!strncmp(line, words[i].name, strlen(words[i].name))) {
			words[i].take(line + strlen(words[i].name));
			return;
		}
	take_text(line);
}

static void run_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[500];

	if (!CHECK(file))
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] && line[0] != '#')
			take_line(line);
	}
	end_case();
	fclose(file);
	tap_end(strrchr(path, '/') + 1);
}

static void begin(void)
{
	const struct engine *const engines[] = {&engine_jit, &engine_interp, &engine_checked};

	f.linux_here = linux_available();
	for (size_t i = 0; i < N(engines); i++) {
		struct skep_config config = {.engine = engines[i], .unproven = 1};
		if (sys_create(&config, &f.skep[i]))
			exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	glob_t files;

	begin();
	if (glob(argc > 1 ? argv[1] : "tests/helper/programs/*.txt", 0, NULL, &files)) {
		printf("not ok - cases are read from the folder of the sources\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		run_file(files.gl_pathv[i]);
	globfree(&files);
	printf("# %u programs, %u of them on Linux too, %u runs differ\n", f.programs, f.on_linux,
	       f.differ);
	for (size_t i = 0; i < N(f.skep); i++)
		sys_free(f.skep[i]);
	return tap_status();
}
