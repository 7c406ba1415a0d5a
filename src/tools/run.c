/* skep run: a program over packets, its verdicts, maps and words. */
#include "base/abi.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "tools/events.h"
#include "tools/input.h"
#include "tools/mapio.h"
#include "tools/progress.h"
#include "tools/runner.h"
#include "tools/session.h"
#include "tools/sink.h"
#include "tools/source.h"
#include "tools/tool.h"
#include "tools/verdict.h"

enum { CTX_MAX = 1 << 20, RECORDS_MAX = 1 << 20, BATCH_MAX = 64 };

struct run_options {
	const char *pcap, *data, *hex, *ctx, *out, *maps, *engine, *btf, *record_type;
	u64 repeat, records;
	struct option_pairs map;
	u32 kernel;
	bool trust, json;
};

/* One run of the command, from its options to its report. */
struct job {
	const struct run_options *opts;
	struct session session;
	struct source *source; /* NULL: no packets, one run on the context */
	struct sink *sink;
	struct mapio *mapio;
	struct events *events;
	struct runner *runner;
	struct tally tally;
	u8 *ctx;
	size_t ctx_size;
	struct timeval times[BATCH_MAX]; /* of the packets in the runner's batch */
	u64 packets, bytes, written, ran, ns;
	u64 cut;     /* packets that the capture does not hold whole */
	u64 refused; /* packets that a run does not take */
	int refusal; /* why the first of them was */
	struct runner_outcome last;
};

static enum skep_engine engine_of(const struct run_options *o)
{
	static const struct {
		const char *name;
		enum skep_engine engine;
	} engines[] = {
		{"jit", SKEP_ENGINE_JIT},
		{"interp", SKEP_ENGINE_INTERP},
		{"checked", SKEP_ENGINE_CHECKED},
	};

	for (u32 i = 0; o->engine && i < ARRAY_SIZE(engines); i++)
		if (!strcmp(o->engine, engines[i].name))
			return engines[i].engine;
	return SKEP_ENGINE_JIT;
}

static int open_inputs(struct job *j)
{
	const struct run_options *o = j->opts;

	j->mapio = mapio_open(&o->map, o->maps);
	if (!j->mapio)
		return TOOL_FAILED;
	if (o->ctx) {
		j->ctx = read_whole(o->ctx, CTX_MAX, &j->ctx_size);
		if (!j->ctx)
			return TOOL_FAILED;
	}
	if (o->pcap || o->data || o->hex) {
		j->source = source_open(o->pcap, o->data, o->hex);
		if (!j->source)
			return TOOL_FAILED;
	}
	return TOOL_OK;
}

/* Does the program's type take what was given? */
static int check_input(const struct job *j)
{
	u32 type = runner_type(j->runner);

	if (!j->source || !input_wanted(type) || input_takes_data(type))
		return TOOL_OK;
	return fail("%s: %s takes no packets but %s", bpf_program__name(j->session.loaded.program),
		    runner_type_name(j->runner), input_wanted(type));
}

static int load(struct job *j)
{
	struct bpf_object *object = j->session.loaded.object;
	const struct run_options *o = j->opts;
	u64 records = !o->records ? 20 : o->records < RECORDS_MAX ? o->records : RECORDS_MAX;

	if (mapio_apply(j->mapio, object, MAPIO_BEFORE_LOAD) || session_load(&j->session) ||
	    mapio_apply(j->mapio, object, MAPIO_AFTER_LOAD))
		return TOOL_FAILED;
	j->runner = runner_open(j->session.skep, bpf_program__fd(j->session.loaded.program));
	if (!j->runner)
		return TOOL_FAILED;
	j->events = events_open(j->session.skep, object, records, o->record_type);
	if (!j->events)
		return TOOL_FAILED;
	if (check_input(j))
		return TOOL_FAILED;
	if (tally_create(&j->tally, runner_type(j->runner)))
		return fail("out of memory");
	if (o->out)
		j->sink = sink_open(o->out);
	return o->out && !j->sink ? TOOL_FAILED : TOOL_OK;
}

static int cannot_run(const struct job *j, const struct runner_result *r)
{
	const char *name = bpf_program__name(j->session.loaded.program);

	if (r->fault && j->packets)
		return fail("%s: packet %" PRIu64 ": %s", name, j->packets, r->fault);
	if (r->fault)
		return fail("%s: %s", name, r->fault);
	if (r->err == -ENOTSUPP || !input_wanted(runner_type(j->runner)))
		return fail("%s: Linux has no test run for %s, and skep no hook for it yet", name,
			    runner_type_name(j->runner));
	return fail("%s: %s wants %s; with %" PRIu64 " bytes of packet and %zu of context Linux "
		    "and skep say: %s",
		    name, runner_type_name(j->runner), input_wanted(runner_type(j->runner)),
		    j->bytes, j->ctx_size, strerror(-r->err));
}

/* Packets too short or too long for a run are counted, not fatal, in a capture. */
static int refuse(struct job *j, int err)
{
	if (!source_is_capture(j->source))
		return fail("%u bytes are too few, or too many, for %s: %s", (u32)j->bytes,
			    runner_type_name(j->runner), strerror(-err));
	j->refusal = j->refused++ ? j->refusal : err;
	return TOOL_OK;
}

static void take_outcome(struct job *j, const struct runner_outcome *o, struct timeval time)
{
	struct frame frame = {.bytes = o->out, .time = time};

	tally_add(&j->tally, o->retval, o->len);
	j->ran++;
	j->last = *o;
	frame.len = verdict_passes(&j->tally, o->retval, o->out_len);
	if (!j->sink || !frame.len)
		return;
	sink_write(j->sink, &frame);
	j->written++;
}

/* Run what is queued and take in what came of it. */
static int run_batch(struct job *j)
{
	struct runner_result result;
	u32 n = runner_queued(j->runner);

	if (!n)
		return TOOL_OK;
	runner_run(j->runner, j->opts->repeat, &result);
	if (result.err)
		return cannot_run(j, &result);
	for (u32 i = 0; i < n; i++) {
		struct runner_outcome outcome = runner_outcome(j->runner, i);

		take_outcome(j, &outcome, j->times[i]);
	}
	j->ns += result.ns / (j->opts->repeat ? j->opts->repeat : 1);
	events_collect(j->events);
	return TOOL_OK;
}

static int queue(struct job *j, const struct frame *frame)
{
	u32 n = runner_queued(j->runner);
	int err = runner_queue(j->runner, frame->bytes, frame->len);

	if (err)
		return err == -EINVAL ? refuse(j, err) : fail("out of memory");
	j->times[n] = frame->time;
	return n + 1 == runner_batch_size(j->runner) ? run_batch(j) : TOOL_OK;
}

/* As BPF_PROG_TEST_RUN does it. */
static int test_one(struct job *j, const struct frame *frame)
{
	struct runner_test test = {
		.data = frame->bytes,
		.data_len = frame->len,
		.ctx = j->ctx,
		.ctx_len = j->ctx_size,
		.repeat = j->opts->repeat,
	};
	struct runner_result result;
	struct runner_outcome outcome;

	runner_test(j->runner, &test, &outcome, &result);
	if (result.err == -EINVAL && !result.fault && j->source && source_is_capture(j->source))
		return refuse(j, result.err);
	if (result.err)
		return cannot_run(j, &result);
	take_outcome(j, &outcome, frame->time);
	j->ns += result.ns;
	events_collect(j->events);
	return TOOL_OK;
}

static int run_frame(struct job *j, const struct frame *frame)
{
	j->packets++;
	j->bytes += frame->len;
	j->cut += frame->cut;
	if (j->ctx || !runner_takes_packets(j->runner))
		return test_one(j, frame);
	return queue(j, frame);
}

static int run_all(struct job *j)
{
	struct progress progress;
	struct frame frame = {0};
	int got = 1, err = TOOL_OK;

	if (!j->source)
		return test_one(j, &frame);
	progress_begin(&progress);
	while (!err && (got = source_next(j->source, &frame)) > 0) {
		err = run_frame(j, &frame);
		if (j->packets % 256 == 0)
			progress_update(&progress, source_progress(j->source), j->packets);
	}
	if (!err && !got)
		err = run_batch(j);
	progress_end(&progress);
	return got < 0 ? TOOL_FAILED : err;
}

static void report_speed(const struct job *j, struct out *out)
{
	double ns = j->ran ? (double)j->ns / j->ran : 0;

	if (!j->ran)
		return;
	out_number(out, "ns per packet", "%.1f", ns);
	if (ns > 0)
		out_number(out, "packets per second", "%.0f", 1e9 / ns);
}

static void report_packets(struct job *j, struct out *out)
{
	out_u64(out, "packets", j->packets);
	out_u64(out, "bytes", j->bytes);
	if (j->cut) {
		out_u64(out, "cut short", j->cut);
		out_remark(out, "(the capture does not hold them whole: tcpdump -s 0 does)");
	}
	if (j->refused) {
		out_u64(out, "not run", j->refused);
		out_remark(out, "(too short or too long for the program's type, as in Linux: %s)",
			   strerror(-j->refusal));
	}
	tally_print(&j->tally, out);
	if (j->sink)
		out_u64(out, "written", j->written);
}

/* What one packet, or none, gave. */
static void report_single(struct job *j, struct out *out)
{
	out_s64(out, "returned", (s32)j->last.retval);
	if (!j->source)
		return;
	tally_print(&j->tally, out);
	out_hex(out, "data", j->last.out, j->last.out_len);
}

static void report(struct job *j)
{
	static const char *const names[] = {"jit", "interp", "checked"};
	struct bpf_program *program = j->session.loaded.program;
	struct out out;

	events_collect(j->events);
	out_begin(&out, stdout, j->opts->json ? OUT_JSON : OUT_TEXT);
	out_str(&out, "program", bpf_program__name(program));
	out_str(&out, "section", bpf_program__section_name(program));
	out_str(&out, "engine", names[engine_of(j->opts)]);
	if (j->source && source_is_capture(j->source))
		report_packets(j, &out);
	else
		report_single(j, &out);
	report_speed(j, &out);
	mapio_show(j->session.loaded.object, &out);
	events_print(j->events, &out);
	out_finish(&out);
}

static int run_job(struct job *j)
{
	int err = load(j);

	if (!err)
		err = run_all(j);
	if (err)
		return err;
	report(j);
	if (j->sink) {
		err = sink_finish(j->sink);
		j->sink = NULL;
	}
	return err;
}

static void close_job(struct job *j)
{
	if (j->sink)
		sink_abandon(j->sink);
	events_close(j->events);
	runner_close(j->runner);
	tally_destroy(&j->tally);
	mapio_close(j->mapio);
	source_close(j->source);
	free(j->ctx);
}

extern const struct tool tool_run;

static int check_options(const struct run_options *o)
{
	if (!!o->pcap + !!o->data + !!o->hex > 1)
		return usage(&tool_run, "give one of --pcap, --data and --hex");
	if (o->out && !o->pcap && !o->data && !o->hex)
		return usage(&tool_run, "--out wants packets: --pcap, --data or --hex");
	if (o->repeat > INT32_MAX)
		return usage(&tool_run, "--repeat goes up to %d", INT32_MAX);
	return TOOL_OK;
}

static int run_run(void *opts, char **args, int nargs)
{
	const struct run_options *o = opts;
	struct job *j = calloc(1, sizeof(*j));
	struct session_options session = {
		.path = args[0],
		.program = nargs > 1 ? args[1] : NULL,
		.btf_path = o->btf,
		.kernel_version = o->kernel,
		.engine = engine_of(o),
		.unproven = o->trust,
	};
	int err = check_options(o);

	if (!j && !err)
		err = fail("out of memory");
	if (err) {
		free(j);
		return err;
	}
	j->opts = o;
	err = open_inputs(j);
	if (!err)
		err = session_open(&j->session, &session);
	if (!err)
		err = run_job(j);
	close_job(j);
	if (j->session.loaded.object)
		session_close(&j->session);
	free(j);
	return err;
}

static const char *const engine_names[] = {"jit", "interp", "checked", NULL};

#define OPTION(name, kind, member, arg, help)                                                      \
	{                                                                                          \
		name, kind, offsetof(struct run_options, member), arg, help, NULL                  \
	}
static const struct option run_options[] = {
	OPTION("pcap", OPTION_FILE, pcap, "FILE",
	       "Run on each packet of a capture (pcap, pcapng; - is stdin)."),
	OPTION("data", OPTION_FILE, data, "FILE", "Run on the bytes of a file, as one packet."),
	OPTION("hex", OPTION_STRING, hex, "DIGITS", "Run on these bytes, as one packet."),
	OPTION("ctx", OPTION_FILE, ctx, "FILE",
	       "The program's context: struct __sk_buff, xdp_md, ... as Linux's\n"
	       "                           BPF_PROG_TEST_RUN takes it."),
	OPTION("repeat", OPTION_COUNT, repeat, "N",
	       "Run N times on each packet, for steadier times."),
	OPTION("out", OPTION_FILE, out, "FILE", "Write the packets that go on to a capture."),
	OPTION("map", OPTION_PAIRS, map, "NAME KEY=VALUE",
	       "Put an entry into a map, or set a variable (NAME is .bss, .data\n"
	       "                           or .rodata, KEY the variable). May be repeated."),
	OPTION("maps", OPTION_FILE, maps, "FILE",
	       "The same from a JSON file: {NAME: {KEY: VALUE}}."),
	OPTION("records", OPTION_NUMBER, records, "N",
	       "Show up to N records and trace lines of each kind (20)."),
	OPTION("record-type", OPTION_STRING, record_type, "STRUCT",
	       "The struct that ring and perf buffer records are."),
	{"engine", OPTION_CHOICE, offsetof(struct run_options, engine), "jit|interp|checked",
	 "How to run: compiled (the default), interpreted, or, without\n"
	 "                           proof that it is safe, with every access checked.",
	 engine_names},
	OPTION("trust", OPTION_FLAG, trust, NULL,
	       "The program is known to be good: no proof is asked for."),
	OPTION("kernel", OPTION_KERNEL, kernel, "VERSION",
	       "Be Linux VERSION: what came later is refused (6.18)."),
	OPTION("btf", OPTION_FILE, btf, "FILE", "Kernel types for CO-RE (the host's)."),
	OPTION("json", OPTION_FLAG, json, NULL, "Report in JSON."),
	{0},
};
#undef OPTION

const struct tool tool_run = {
	.name = "run",
	.summary = "run a program of an object over packets",
	.args = "OBJECT [PROGRAM]",
	.about = "Loads one program of a BPF object (an ELF file made by clang -O2 -g -target "
		 "bpf), runs\n"
		 "it on each packet and reports: packets by verdict, time, contents of maps, "
		 "records of\n"
		 "ring buffers and perf buffers, lines of bpf_trace_printk.\n\n"
		 "PROGRAM is a function's or a section's name; it is needed when there are "
		 "several.\n"
		 "Keys and values are written as their types say: 17, 0x1f, 10.0.0.1, fe80::1,\n"
		 "02:00:00:00:00:01, \"text\", [1, 2], {member: 1}, or hex:0a000001 for raw "
		 "bytes.\n",
	.examples = "  skep run drop.bpf.o --pcap capture.pcap --map blocked 10.0.0.1=1\n"
		    "  skep run parse.bpf.o xdp_main --pcap big.pcapng --out passed.pcap\n"
		    "  skep run count.bpf.o --hex 'ffffffffffff 020000000001 0800 4500...' --json\n"
		    "  skep run filter.bpf.o --pcap a.pcap --map .rodata port=443 --engine jit\n",
	.options = run_options,
	.min_args = 1,
	.max_args = 2,
	.in_child = true,
	.opts_size = sizeof(struct run_options),
	.run = run_run,
};
