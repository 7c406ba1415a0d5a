/*
 * Running one program: over packets in batches, as libskep's users do, or (program types that see
 * no packets, runs with a context of one's own) as BPF_PROG_TEST_RUN does.  Both are entered
 * without the system call, so that a checked run can tell what stopped it.
 */
#ifndef SKEP_TOOLS_RUNNER_H
#define SKEP_TOOLS_RUNNER_H

#include <stdbool.h>

#include "base/types.h"

struct skep;
struct runner;

/* prog_fd: of skep, which has to outlive it.  NULL after a message. */
struct runner *runner_open(struct skep *skep, int prog_fd);
void runner_close(struct runner *runner);

/* "BPF_PROG_TYPE_XDP" */
const char *runner_type_name(const struct runner *runner);
u32 runner_type(const struct runner *runner);

/* Does its type see packets at all? */
bool runner_takes_packets(const struct runner *runner);

/* How many packets one run takes: one when runs are checked, so that a fault names its packet. */
u32 runner_batch_size(const struct runner *runner);

/*
 * Copy a packet into the batch.  0, -EINVAL (a type that wants an Ethernet header gets too few
 * bytes for one), -ENOMEM.
 */
int runner_queue(struct runner *runner, const u8 *bytes, u32 len);

struct runner_result {
	int err;           /* 0 or -errno */
	u64 ns;            /* of the programs alone, all packets and repetitions together */
	const char *fault; /* what stopped a checked run, or NULL */
};

/* Run over the batch `repeat` times (at least once), each time from the queued bytes. */
void runner_run(struct runner *runner, u32 repeat, struct runner_result *result);

struct runner_outcome {
	u32 len; /* as it was queued */
	u32 retval;
	const u8 *out; /* the packet afterwards */
	u32 out_len;
};

/* What became of the i-th of the batch; valid until the next is queued, which begins a new one. */
struct runner_outcome runner_outcome(const struct runner *runner, u32 i);
u32 runner_queued(const struct runner *runner);

struct runner_test {
	const u8 *data; /* NULL: none */
	u32 data_len;
	const u8 *ctx; /* NULL: none */
	u32 ctx_len;
	u32 repeat;
};

/* One BPF_PROG_TEST_RUN; ns is of one repetition. */
void runner_test(struct runner *runner, const struct runner_test *test,
		 struct runner_outcome *outcome, struct runner_result *result);

#endif
