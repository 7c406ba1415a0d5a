/*
 * ldall [-j N] [-t SECONDS] OBJECT...: load every program of BPF objects, one at a time, and print
 * a row each in the columns of tests/facts/programs.tsv.  A load has the other programs of its
 * object off but for those that its prog arrays begin with.
 *
 * Each load happens in a child with limits of its own: a crash is a row as well.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { MAX_PROGRAMS = 2048, NAME = 96, MAX_TARGETS = 64, LOG = 4 << 20, ROW = 2048 };
enum { LIMIT_DATA = 1 << 30, STATISTICS = 4, WHOLE_PATH = 1 };

struct load {
	const char *path;
	const char *object; /* the path's last part */
	unsigned int index;
	char target[MAX_TARGETS][NAME]; /* programs that prog arrays want loaded too */
	unsigned int nr_targets;
	struct bpf_object *obj;
	struct bpf_program *prog;
};

struct answer {
	int err;
	unsigned int xlated, jited, processed, states, peak, usec;
	char reason[512];
};

static struct {
	char complaint[512]; /* the first one of libbpf that is no frame around the verifier's log
			      */
	char log[LOG];
} words;

static int is_frame(const char *text)
{
	return strstr(text, "BEGIN PROG") || strstr(text, "failed to load object") ||
	       strstr(text, "permission error") || strstr(text, "failed to load: ");
}

__attribute__((format(printf, 2, 0))) static int listen(enum libbpf_print_level level,
							const char *fmt, va_list args)
{
	char text[4096];

	if (level != LIBBPF_WARN || words.complaint[0])
		return 0;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = 0;
	if (!is_frame(text))
		snprintf(words.complaint, sizeof(words.complaint), "%.500s", text);
	return 0;
}

static int is_target(const struct load *load, const char *name)
{
	for (unsigned int i = 0; i < load->nr_targets; i++)
		if (!strcmp(load->target[i], name))
			return 1;
	return 0;
}

static void pick_program(struct load *load)
{
	struct bpf_program *prog;
	unsigned int i = 0;

	bpf_object__for_each_program(prog, load->obj)
	{
		bpf_program__set_autoload(prog, i == load->index ||
							is_target(load, bpf_program__name(prog)));
		if (i++ == load->index)
			load->prog = prog;
	}
}

/* Maps get a size where the test would have given one; nothing is pinned. */
static void ready_map(struct bpf_map *map, enum bpf_prog_type type)
{
	bpf_map__set_pin_path(map, NULL);
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_STRUCT_OPS:
		bpf_map__set_autocreate(map, type == BPF_PROG_TYPE_STRUCT_OPS);
		break;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		break;
	default:
		if (!bpf_map__max_entries(map))
			bpf_map__set_max_entries(map, 1);
	}
}

static int open_object(struct load *load)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .relaxed_maps = true);

	words.complaint[0] = 0;
	load->obj = bpf_object__open_file(load->path, &opts);
	return load->obj ? 0 : -errno;
}

static int load_at_level(struct load *load, unsigned int level)
{
	struct bpf_map *map;
	int err = open_object(load);

	if (err)
		return err;
	pick_program(load);
	bpf_object__for_each_map(map, load->obj) ready_map(map, bpf_program__type(load->prog));
	words.log[0] = 0;
	bpf_program__set_log_level(load->prog, level);
	bpf_program__set_log_buf(load->prog, words.log, sizeof(words.log));
	return bpf_object__load(load->obj);
}

/* libbpf could not fill a prog array for want of this program. */
static int add_target(struct load *load)
{
	const char *name = strstr(words.complaint, "to prog '");

	if (!name || load->nr_targets == MAX_TARGETS)
		return 0;
	name += strlen("to prog '");
	snprintf(load->target[load->nr_targets++], NAME, "%.*s", (int)strcspn(name, "'"), name);
	return 1;
}

/* The reason stands in the log of level 1, the statistics in that of level 4. */
static int load_program(struct load *load)
{
	unsigned int level = STATISTICS;
	int err;

	for (;;) {
		err = load_at_level(load, level);
		if (!err)
			return 0;
		if (err == -EBADF && add_target(load))
			;
		else if (level == STATISTICS)
			level = WHOLE_PATH;
		else
			return err;
		bpf_object__close(load->obj);
	}
}

static int is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time", 17) ||
	       !strncmp(line, "stack depth", 11) || !strncmp(line, "mark_precise", 12);
}

/* Cuts the log into lines. */
static void last_line(char *log, char *out, size_t size)
{
	char *save = NULL;

	snprintf(out, size, "-");
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!is_statistics(line))
			snprintf(out, size, "%s", line);
	for (; *out; out++)
		if (*out == '\t' || *out == '\r')
			*out = ' ';
}

static void read_statistics(struct answer *answer)
{
	const char *at = words.log, *last = NULL;

	while ((at = strstr(at, "processed ")))
		last = at++;
	if (last)
		sscanf(last,
		       "processed %u insns (limit %*u) max_states_per_insn %*u total_states %u "
		       "peak_states %u",
		       &answer->processed, &answer->states, &answer->peak);
	at = strstr(words.log, "verification time ");
	if (at)
		answer->usec = (unsigned int)atoi(at + strlen("verification time "));
}

static void read_info(const struct load *load, struct answer *answer)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_prog_get_info_by_fd(bpf_program__fd(load->prog), &info, &size))
		return;
	answer->xlated = info.xlated_prog_len / 8;
	answer->jited = info.jited_prog_len;
	answer->processed = info.verified_insns;
}

/* A refusal without a word of the verifier came before it. */
static const char *verdict(const struct answer *answer)
{
	if (!answer->err)
		return "accept";
	return strcmp(answer->reason, "-") ? "reject" : "unknown";
}

static void say_row(const struct load *load, const struct answer *answer)
{
	const struct bpf_program *prog = load->prog;
	const char *type = libbpf_bpf_prog_type_str(bpf_program__type(prog));
	const char *attach = libbpf_bpf_attach_type_str(bpf_program__expected_attach_type(prog));

	printf("%s\t%s\t%s\t%s\t%s\t%s\t%d\t%zu\t%u\t%u\t%u\t%u\t%u\t%u\t%s\n", load->object,
	       bpf_program__name(prog), bpf_program__section_name(prog), type ? type : "?",
	       attach ? attach : "?", verdict(answer), -answer->err, bpf_program__insn_cnt(prog),
	       answer->xlated, answer->jited, answer->processed, answer->states, answer->peak,
	       answer->usec, answer->reason);
}

static void load_and_say(struct load *load)
{
	struct answer answer = {0};

	answer.err = load_program(load);
	if (!load->obj)
		exit(1);
	if (!answer.err)
		read_info(load, &answer);
	read_statistics(&answer);
	if (answer.err)
		last_line(words.log, answer.reason, sizeof(answer.reason));
	say_row(load, &answer);
}

static void say_death(const struct load *load, const char *name, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	printf("%s\t%s\t-\t-\t-\t%s\t%d\t0\t0\t0\t0\t0\t0\t0\t%s\n", load->object, name,
	       sig == SIGALRM || sig == SIGXCPU ? "timeout" : "crash", sig,
	       sig ? strsignal(sig) : "exit");
}

static void in_child(struct load *load, const char *name, unsigned int seconds)
{
	struct rlimit data = {LIMIT_DATA, LIMIT_DATA}, cpu = {seconds, seconds};
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_DATA, &data);
		setrlimit(RLIMIT_CPU, &cpu);
		alarm(8 * seconds); /* for one that sleeps */
		load_and_say(load);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		say_death(load, name, status);
}

static unsigned int list(struct load *load, char names[MAX_PROGRAMS][NAME])
{
	struct bpf_program *prog;
	unsigned int count = 0;

	bpf_object__for_each_program(prog, load->obj) if (count < MAX_PROGRAMS)
		snprintf(names[count++], NAME, "%s", bpf_program__name(prog));
	bpf_object__close(load->obj);
	return count;
}

static void load_object(const char *path, unsigned int seconds)
{
	static char names[MAX_PROGRAMS][NAME];
	const char *slash = strrchr(path, '/');
	struct load load = {.path = path, .object = slash ? slash + 1 : path};
	int err = open_object(&load);
	unsigned int count;

	if (err) {
		printf("%s\t-\t-\t-\t-\tunopened\t%d\t0\t0\t0\t0\t0\t0\t0\t%s\n", load.object, -err,
		       words.complaint);
		return;
	}
	count = list(&load, names);
	for (load.index = 0; load.index < count; load.index++)
		in_child(&load, names[load.index], seconds);
}

/* Rows are shorter than what a write to a pipe or an appended file keeps in one piece. */
static void work(char **paths, unsigned int from, unsigned int step, unsigned int seconds)
{
	static char buffer[ROW];

	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	for (unsigned int i = 0; paths[i]; i++)
		if (i % step == from)
			load_object(paths[i], seconds);
}

int main(int argc, char **argv)
{
	unsigned int jobs = 1, seconds = 20;
	int opt;

	while ((opt = getopt(argc, argv, "j:t:")) != -1) {
		if (opt == 'j')
			jobs = (unsigned int)atoi(optarg);
		else if (opt == 't')
			seconds = (unsigned int)atoi(optarg);
		else
			return 2;
	}
	if (optind == argc || !jobs || !seconds)
		return 2;
	libbpf_set_print(listen);
	printf("object\tprogram\tsection\ttype\tattach\tverdict\terrno\tinsns\txlated\tjited\tproce"
	       "ssed\t"
	       "states\tpeak_states\tverif_us\treason\n");
	fflush(stdout);
	for (unsigned int i = 0; i < jobs; i++)
		if (!fork()) {
			work(argv + optind, i, jobs, seconds);
			fflush(stdout);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	return 0;
}
