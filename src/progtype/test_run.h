/* What the runners of BPF_PROG_TEST_RUN share: the caller's context and data, the loop, results. */
#ifndef SKEP_PROGTYPE_TEST_RUN_H
#define SKEP_PROGTYPE_TEST_RUN_H

#include "helper/packet.h"
#include "progtype/internal.h"

/* Linux's sizes on x86-64, which decide how large a packet may be. */
enum {
	TEST_PAGE = 4096,
	TEST_TAILROOM = 320, /* struct skb_shared_info behind the data */
};

struct test_result {
	u32 retval;
	u32 duration; /* ns a run */
	/* what becomes of data_out */
	const u8 *data;
	u32 len; /* of data; with the fragments: data_size_out */
	const struct packet_frags *frags;
};

/*
 * The caller's context, `size` bytes of it, zeros where it gives less: os_free it.  NULL when it
 * neither gives one nor wants one back.  0, -E2BIG (there is more, and it is not zero), -EFAULT,
 * -ENOMEM.
 */
int test_run_ctx_in(const struct test_run *test, const union bpf_attr *attr, u32 size, void **ctx);

/* ctx may be NULL.  0, -ENOSPC (as much as there is room for was copied), -EFAULT. */
int test_run_ctx_out(const struct test_run *test, union bpf_attr *attr, const void *ctx, u32 size);

/* `size` bytes of data_in behind `headroom`, in `total` zeroed bytes: os_free them. */
int test_run_data_in(const struct test_run *test, const union bpf_attr *attr, u32 headroom,
		     u32 size, u32 total, u8 **mem);

/* Data, its size, retval and duration.  0, -ENOSPC, -EFAULT. */
int test_run_out(const struct test_run *test, union bpf_attr *attr,
		 const struct test_result *result);

/*
 * Run the program attr->test.repeat times (0: once), `before` (may be NULL) ahead of each.
 * 0, -EFAULT when the checked interpreter stopped it, -EINTR when nobody waits for it any more.
 */
int test_run_repeat(const struct test_run *test, u32 repeat, void *ctx, void (*before)(void *ctx),
		    struct test_result *result);

/* Is all zero but the ranges of `keep` (sorted, `n` of them)? */
struct byte_range {
	u32 off, size;
};
int test_run_zero_but(const void *ctx, u32 size, const struct byte_range *keep, u32 n);

#endif
