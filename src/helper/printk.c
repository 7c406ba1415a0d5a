/* bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf. */
#include <time.h>
#include <unistd.h>

#include "helper/format.h"
#include "helper/internal.h"
#include "helper/trace.h"

static u64 print_line(const struct format *f, struct run *run)
{
	const struct os *os = run->skep->os;
	struct trace_line line;
	u32 len = format_print(f, run->skep->secret, line.text, sizeof(line.text));

	line.ns = os->clock_ns(os, CLOCK_MONOTONIC);
	line.cpu = run->cpu;
	line.tid = (u32)gettid();
	line.len = len < sizeof(line.text) ? len : sizeof(line.text) - 1;
	trace_write(run->skep->trace, &line);
	return len;
}

HELPER_FN(helper_trace_printk)
{
	const u64 args[] = {r3, r4, r5};
	struct format f;
	int err = format_prepare(&f, u64_to_ptr(r1), (u32)r2, args, ARRAY_SIZE(args));

	return err ? (u64)err : print_line(&f, run);
}

/* Arguments in memory: whole 8-byte words, at most twelve. */
static int args_bad(u64 data, u32 len)
{
	return len % 8 || len > FORMAT_MAX_ARGS * 8 || (len && !data);
}

HELPER_FN(helper_trace_vprintk)
{
	u32 len = (u32)r4;
	struct format f;

	if (args_bad(r3, len))
		return (u64)-EINVAL;
	int err = format_prepare(&f, u64_to_ptr(r1), (u32)r2, u64_to_ptr(r3), len / 8);
	return err ? (u64)err : print_line(&f, run);
}

HELPER_FN(helper_snprintf)
{
	u32 len = (u32)r5;
	struct format f;

	if (args_bad(r4, len))
		return (u64)-EINVAL;
	/* sound because: checking has found the NUL of the constant string r3 */
	int err = format_prepare(&f, u64_to_ptr(r3), UINT32_MAX, u64_to_ptr(r4), len / 8);
	if (err)
		return (u64)err;
	return format_print(&f, run->skep->secret, u64_to_ptr(r1), (u32)r2) + 1;
}
