/* skep verify: Linux's verdict on each program of an object, without running anything. */
#include "load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/skep.h"
#include "prog/prog.h"
#include "skep/load.h"
#include "sys/sys.h"
#include "tools/out.h"
#include "tools/tool.h"

enum { LOG_ROOM = 16 << 20, NAME_ROOM = 128, LINE_ROOM = 512, PATH_LEVEL = 1, STATS_LEVEL = 4 };

struct verify_options {
	const char *log, *btf;
	u32 kernel;
	bool json;
};

/* What came of one program. */
struct verdict {
	int err;
	char reason[LINE_ROOM];       /* the last line of the log before its figures */
	char insn[LINE_ROOM];         /* the instruction that it is about */
	char source[LINE_ROOM];       /* and its line of C */
	unsigned insns, states, peak; /* processed, kept, kept at once */
	unsigned long long usec;
};

struct job {
	const struct verify_options *opts;
	const char *path;
	struct out out;
	char *log;
	u32 accepted, refused;
};

static void copy_line(char to[LINE_ROOM], const char *line)
{
	snprintf(to, LINE_ROOM, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool is_insn(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return digits && !strncmp(line + digits, ": (", 3);
}

static void read_figures(struct verdict *v, const char *line)
{
	unsigned limit, most;

	sscanf(line, "verification time %llu usec", &v->usec);
	sscanf(line,
	       "processed %u insns (limit %u) max_states_per_insn %u total_states %u peak_states "
	       "%u",
	       &v->insns, &limit, &most, &v->states, &v->peak);
}

static bool is_figures(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time ", 18) ||
	       !strncmp(line, "stack depth ", 12);
}

/* The log, a line at a time: what comes last is what it ended with. */
static void read_log(struct verdict *v, const char *log)
{
	for (const char *line = log; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (is_figures(line))
			read_figures(v, line);
		else if (line[0] == ';')
			copy_line(v->source, line + 1 + (line[1] == ' '));
		else if (is_insn(line))
			copy_line(v->insn, line);
		else if (*line != '\n')
			copy_line(v->reason, line);
	}
}

static u32 level_of(const struct verify_options *o)
{
	return (o->log ? (u32)atoi(o->log) : PATH_LEVEL) | STATS_LEVEL;
}

/* In an instance of its own, with the maps that it uses.  0, or -errno when nothing could be asked.
 */
static int verify_in(struct job *j, const char *name, struct verdict *v)
{
	struct load_log log = {0};
	struct loaded loaded;
	struct load_options load = {
		.pick = LOAD_ONE, .program = name, .btf_path = j->opts->btf, .log = &log};
	int err = load_open(j->path, &load, &loaded);

	if (!err) {
		j->log[0] = 0;
		bpf_program__set_log_buf(loaded.program, j->log, LOG_ROOM);
		bpf_program__set_log_level(loaded.program, level_of(j->opts));
		v->err = load_object(loaded.object, &log);
		read_log(v, j->log);
		if (v->err && !j->log[0] && log.text)
			copy_line(v->reason, log.text);
		bpf_object__close(loaded.object);
	}
	if (err && log.text)
		fputs(log.text, stderr);
	load_log_free(&log);
	return err;
}

static int verify_one(struct job *j, const char *name, struct verdict *v)
{
	struct skep_config config = {
		.engine = &engine_none, .kernel_version = j->opts->kernel, .verify_only = 1};
	struct skep *skep;
	int err = sys_create(&config, &skep);

	if (err)
		return err;
	skep_use(skep);
	err = verify_in(j, name, v);
	skep_use(NULL);
	sys_free(skep);
	return err;
}

static void show_json(struct job *j, const char *name, const struct verdict *v)
{
	struct out *out = &j->out;

	out_object(out, NULL);
	out_str(out, "program", name);
	out_str(out, "verdict", v->err ? "refused" : "accepted");
	if (v->err) {
		out_s64(out, "errno", -v->err);
		out_str(out, "reason", v->reason);
		out_str(out, "instruction", v->insn);
		out_str(out, "source", v->source);
	}
	out_u64(out, "insns", v->insns);
	out_u64(out, "states", v->states);
	out_u64(out, "peak_states", v->peak);
	out_u64(out, "usec", v->usec);
	if (j->opts->log)
		out_str(out, "log", j->log);
	out_end(out);
}

static void show_text(struct job *j, const char *name, const struct verdict *v)
{
	if (j->opts->log)
		fputs(j->log, stdout);
	printf("%s: %s (%u insns, %u states, %llu us)\n", name, v->err ? "refused" : "accepted",
	       v->insns, v->states, v->usec);
	if (!v->err)
		return;
	if (v->source[0])
		printf("    %s\n", v->source);
	if (v->insn[0])
		printf("    %s\n", v->insn);
	printf("    %s\n", v->reason[0] ? v->reason : strerror(-v->err));
}

static int report(struct job *j, const char *name)
{
	struct verdict v = {0};
	int err = verify_one(j, name, &v);

	if (err)
		return err;
	if (v.err)
		j->refused++;
	else
		j->accepted++;
	if (j->opts->json)
		show_json(j, name, &v);
	else
		show_text(j, name, &v);
	return 0;
}

/* Names of the object's programs, a NUL after each, and one more at the end; malloc'ed. */
static char *list_programs(struct job *j)
{
	struct load_log log = {0};
	struct load_options load = {.pick = LOAD_ALL, .btf_path = j->opts->btf, .log = &log};
	struct bpf_program *program;
	struct loaded loaded;
	size_t len = 0, count = 0;
	char *names;

	if (load_open(j->path, &load, &loaded)) {
		fputs(log.text ? log.text : "", stderr);
		load_log_free(&log);
		return NULL;
	}
	bpf_object__for_each_program(program, loaded.object) count++;
	names = calloc(count + 1, NAME_ROOM);
	bpf_object__for_each_program(program, loaded.object)
	{
		if (names)
			len += (size_t)snprintf(names + len, NAME_ROOM, "%.*s", NAME_ROOM - 1,
						bpf_program__name(program)) +
			       1;
	}
	bpf_object__close(loaded.object);
	load_log_free(&log);
	return names;
}

static int report_all(struct job *j)
{
	char *names = list_programs(j);
	int err = names ? 0 : -EINVAL;

	for (const char *name = names; name && *name && !err; name += strlen(name) + 1)
		err = report(j, name);
	free(names);
	return err;
}

static int verify_run(void *opts, char **args, int nargs)
{
	struct job j = {.opts = opts, .path = args[0], .log = malloc(LOG_ROOM)};
	int err;

	if (!j.log)
		return fail("%s", strerror(ENOMEM));
	if (j.opts->json) {
		out_begin(&j.out, stdout, OUT_JSON);
		out_array(&j.out, "programs");
	}
	err = nargs > 1 ? report(&j, args[1]) : report_all(&j);
	if (j.opts->json) {
		out_end(&j.out);
		out_finish(&j.out);
	}
	free(j.log);
	if (err) {
		fail("%s: nothing was verified", j.path);
		return TOOL_USAGE;
	}
	return j.refused ? TOOL_FAILED : TOOL_OK;
}

static const char *const levels[] = {"1", "2", "4", NULL};

static const struct option verify_options[] = {
	{"log", OPTION_CHOICE, offsetof(struct verify_options, log), "1|2|4",
	 "Linux's log too: of the path that was refused, of every\n"
	 "                           instruction, figures alone.",
	 levels},
	{"json", OPTION_FLAG, offsetof(struct verify_options, json), NULL, "In JSON.", NULL},
	{"kernel", OPTION_KERNEL, offsetof(struct verify_options, kernel), "VERSION",
	 "Be Linux VERSION: what came later is refused (6.18).", NULL},
	{"btf", OPTION_FILE, offsetof(struct verify_options, btf), "FILE",
	 "Kernel types for CO-RE, in place of the host's.", NULL},
	{0},
};

const struct tool tool_verify = {
	.name = "verify",
	.summary = "say what Linux's verifier says",
	.args = "OBJECT [PROGRAM]",
	.about = "Verifies an object's programs (all, or one by its or its section's name) as\n"
		 "Linux 6.18 does, and runs nothing.  Exit status: 0 all are accepted, 1 one is\n"
		 "refused, 2 the object cannot be used.\n",
	.examples = "  skep verify drop.bpf.o\n"
		    "  skep verify parse.bpf.o xdp_main --log 2\n"
		    "  skep verify drop.bpf.o --json --kernel 5.15\n",
	.options = verify_options,
	.min_args = 1,
	.max_args = 2,
	.in_child = true,
	.opts_size = sizeof(struct verify_options),
	.run = verify_run,
};
