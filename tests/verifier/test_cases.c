/*
 * The cases in tests/verifier/cases: programs as text, and what the verifier says to each.
 *
 *	case jump past the end		a name; what follows belongs to it
 *	type XDP			also: attach N, flags N, license TEXT
 *	map counts ARRAY 4 8 16		type, key, value, entries; in the program: map[counts]
 *	r0 = 0				the program, in the notation of the verifier's log
 *	exit
 *	=> EINVAL last insn is not	"ok", or errno and the beginning of the last line of the log
 *	fact 3 ctx			what engines are told of an instruction: a kind of memory,
 *	fact 5 key 7			a constant key, or "dead"
 *	run 64 = 2			R0 after a test run over 64 bytes 0, 1, 2, ..., by every
 *engine
 */
#include <errno.h>
#include <glob.h>

#include "interp/interp.h"
#include "isa/isa.h"
#include "jit/jit.h"
#include "progtype/progtype.h"
#include "tests/lib/verify.h"
#include "tests/tap.h"

#define N(list) (sizeof(list) / sizeof(*(list)))

struct name {
	const char *name;
	u32 number;
};

static const struct name types[] = {
	{"SOCKET_FILTER", BPF_PROG_TYPE_SOCKET_FILTER},
	{"XDP", BPF_PROG_TYPE_XDP},
	{"SCHED_CLS", BPF_PROG_TYPE_SCHED_CLS},
	{"CGROUP_SKB", BPF_PROG_TYPE_CGROUP_SKB},
	{"KPROBE", BPF_PROG_TYPE_KPROBE},
	{"SYSCALL", BPF_PROG_TYPE_SYSCALL},
	{"SK_LOOKUP", BPF_PROG_TYPE_SK_LOOKUP},
};

static const struct name maps[] = {
	{"ARRAY", BPF_MAP_TYPE_ARRAY},
	{"HASH", BPF_MAP_TYPE_HASH},
	{"PERCPU_ARRAY", BPF_MAP_TYPE_PERCPU_ARRAY},
	{"PROG_ARRAY", BPF_MAP_TYPE_PROG_ARRAY},
	{"RINGBUF", BPF_MAP_TYPE_RINGBUF},
	{"PERF_EVENT_ARRAY", BPF_MAP_TYPE_PERF_EVENT_ARRAY},
};

static const struct name errnos[] = {
	{"ok", 0},         {"EINVAL", EINVAL}, {"EACCES", EACCES},     {"E2BIG", E2BIG},
	{"EBADF", EBADF},  {"EPROTO", EPROTO}, {"ENOTSUPP", ENOTSUPP}, {"ENOENT", ENOENT},
	{"EFAULT", EFAULT}};

static const struct name kinds[] = {
	{"ctx", MEM_CTX},         {"stack", MEM_STACK}, {"packet", MEM_PACKET},
	{"value", MEM_MAP_VALUE}, {"other", MEM_OTHER}, {"unknown", MEM_UNKNOWN},
};

struct test_case {
	char name[100], text[8192];
	struct verify_load load;
	struct name map[8]; /* name, fd */
	char map_name[8][32];
	u32 nr_maps;
	struct prog *prog;
};

static struct verify v;
static struct test_case c;
static unsigned ran;

static u32 number_of(const struct name *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return list[i].number;
	printf("# %s: what is %s?\n", c.name, name);
	tap_bad++;
	return 0;
}

static void begin_case(const char *name)
{
	memset(&c, 0, sizeof(c));
	snprintf(c.name, sizeof(c.name), "%.99s", name);
	c.load.type = BPF_PROG_TYPE_XDP;
	CHECK(verify_begin(&v));
}

static void end_case(void)
{
	if (!c.name[0])
		return;
	if (c.prog)
		obj_put(&c.prog->obj);
	verify_end(&v);
	c.name[0] = 0;
	ran++;
}

static void add_map(const char *args)
{
	char type[32];
	unsigned key, value, entries;
	int fd;

	if (!CHECK(sscanf(args, "%31s %31s %u %u %u", c.map_name[c.nr_maps], type, &key, &value,
			  &entries) == 5))
		return;
	fd = verify_map(&v, number_of(maps, N(maps), type), key, value, entries);
	CHECK(fd >= 0);
	c.map[c.nr_maps] = (struct name){c.map_name[c.nr_maps], (u32)fd};
	c.nr_maps++;
}

static void bind_maps(struct isa_code *code)
{
	for (u32 i = 0; i < code->nr_refs; i++)
		code->insns[code->refs[i].insn].imm =
			(s32)number_of(c.map, c.nr_maps, code->refs[i].name);
}

static const struct isa_names no_names;

/* "=> EINVAL words" */
static void expect(const char *want)
{
	struct isa_code code;
	struct isa_error error;
	char name[32] = "", line[500];
	int err;

	sscanf(want, "%31s", name);
	if (isa_asm(v.skep->os, c.text, strlen(c.text), &no_names, &code, &error)) {
		printf("# %s:%u: %s\n", c.name, error.line, error.text);
		tap_bad++;
		return;
	}
	bind_maps(&code);
	c.load.insns = code.insns;
	c.load.len = code.len;
	err = verify_check(&v, &c.load, &c.prog);
	isa_asm_free(v.skep->os, &code);
	want += strlen(name);
	want += *want == ' ';
	verify_complaint(&v, line);
	if ((u32)-err == number_of(errnos, N(errnos), name) &&
	    (!err || !strncmp(line, want, strlen(want))))
		return;
	printf("# %s: %d \"%s\"\n", c.name, err, line);
	tap_bad++;
}

/* "fact 3 ctx" */
static void expect_fact(const char *want)
{
	char what[32];
	unsigned pc, key;
	const struct fact *fact;

	if (!CHECK(c.prog && sscanf(want, "%u %31s %u", &pc, what, &key) >= 2 && pc < c.prog->len))
		return;
	fact = &c.prog->facts[pc];
	if (!strcmp(what, "dead")  ? fact->dead
	    : !strcmp(what, "key") ? fact->key_known && fact->key == key
				   : fact->base == number_of(kinds, N(kinds), what))
		return;
	printf("# %s: insn %u is not \"%s\": base %u, dead %u, key %u (%u)\n", c.name, pc, want,
	       fact->base, fact->dead, fact->key, fact->key_known);
	tap_bad++;
}

static void run_by(const struct engine *engine, unsigned size, long long want)
{
	u8 packet[256];
	union bpf_attr attr = {.test = {.data_in = ptr_to_u64(packet), .data_size_in = size}};
	struct test_run run = {.skep = v.skep,
			       .prog = c.prog,
			       .attach = c.load.attach,
			       .max_ctx_offset = c.prog->max_ctx_offset};

	for (unsigned i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)i;
	c.prog->engine = engine;
	if (!CHECK(!engine->compile(c.prog)))
		return;
	run.entry = c.prog->entry;
	CHECK_EQ(c.prog->type->test_run(&run, &attr), 0);
	if (attr.test.retval != (u32)want) {
		printf("# %s: %s returns %u\n", c.name, engine->name, attr.test.retval);
		tap_bad++;
	}
	if (c.prog->image)
		engine->release(c.prog);
	c.prog->image = NULL;
}

/* "run 64 = 2" */
static void expect_run(const char *want)
{
	static const struct engine *const engines[] = {&engine_checked, &engine_interp,
						       &engine_jit};
	unsigned size;
	long long value;

	if (!CHECK(c.prog && sscanf(want, "%u = %lli", &size, &value) == 2 && size <= 256))
		return;
	for (size_t i = 0; i < N(engines); i++)
		run_by(engines[i], size, value);
}

/* A word that begins a line, what it does with the rest; program text begins with none of them. */
static void line_of_case(const char *line)
{
	if (!strncmp(line, "case ", 5)) {
		end_case();
		begin_case(line + 5);
	} else if (!strncmp(line, "type ", 5)) {
		c.load.type = number_of(types, N(types), line + 5);
	} else if (!strncmp(line, "attach ", 7)) {
		c.load.attach = (u32)atoi(line + 7);
	} else if (!strncmp(line, "flags ", 6)) {
		c.load.flags = (u32)strtol(line + 6, NULL, 0);
	} else if (!strncmp(line, "license ", 8)) {
		c.load.proprietary = 1;
	} else if (!strncmp(line, "map ", 4)) {
		add_map(line + 4);
	} else if (!strncmp(line, "=> ", 3)) {
		expect(line + 3);
	} else if (!strncmp(line, "fact ", 5)) {
		expect_fact(line + 5);
	} else if (!strncmp(line, "run ", 4)) {
		expect_run(line + 4);
	} else {
		strncat(c.text, line, sizeof(c.text) - strlen(c.text) - 2);
		strcat(c.text, "\n");
	}
}

static void run_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[500];

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] && line[0] != '#')
			line_of_case(line);
	}
	end_case();
	fclose(f);
	tap_end(strrchr(path, '/') + 1);
}

int main(void)
{
	glob_t files;

	if (glob("tests/verifier/cases/*.txt", 0, NULL, &files)) {
		printf("not ok - cases are read from the folder of the sources\n");
		return 1;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		run_file(files.gl_pathv[i]);
	globfree(&files);
	printf("# %u cases\n", ran);
	return tap_status();
}
