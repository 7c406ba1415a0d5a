/*
 * Linux 6.18's BPF ABI.  It takes the place of <linux/bpf.h> and <linux/btf.h>, whatever the host's
 * versions are: the include guards below are theirs, so that libbpf's headers find them read
 * already.
 */
#ifndef SKEP_BASE_ABI_H
#define SKEP_BASE_ABI_H

#ifdef _UAPI__LINUX_BPF_H__
#error "base/abi.h has to come before <linux/bpf.h>"
#endif
#define _UAPI__LINUX_BPF_H__
#define __LINUX_BPF_H__
#define __LINUX_BTF_H__

#include "base/abi_attr.h"
#include "base/abi_btf.h"
#include "base/abi_enum.h"
#include "base/abi_insn.h"
#include "base/abi_struct.h"

#define BPF_OBJ_NAME_LEN 16
#define BPF_TAG_SIZE 8
#define MAX_BPF_STACK 512
#define MAX_TAIL_CALL_CNT 33

/* prog_flags of BPF_PROG_LOAD */
#define BPF_F_STRICT_ALIGNMENT 1u
#define BPF_F_ANY_ALIGNMENT 2u
#define BPF_F_TEST_RND_HI32 4u
#define BPF_F_TEST_STATE_FREQ 8u
#define BPF_F_SLEEPABLE 16u
#define BPF_F_XDP_HAS_FRAGS 32u
#define BPF_F_XDP_DEV_BOUND_ONLY 64u
#define BPF_F_TEST_REG_INVARIANTS 128u

/* flags of BPF_PROG_TEST_RUN */
#define BPF_F_TEST_RUN_ON_CPU 1u
#define BPF_F_TEST_XDP_LIVE_FRAMES 2u
#define BPF_F_TEST_SKB_CHECKSUM_COMPLETE 4u

/* attach_flags of BPF_PROG_ATTACH, flags of BPF_LINK_CREATE and _UPDATE */
#define BPF_F_ALLOW_OVERRIDE 1u
#define BPF_F_ALLOW_MULTI 2u
#define BPF_F_REPLACE 4u
#define BPF_F_BEFORE 8u
#define BPF_F_AFTER 16u
#define BPF_F_ID 32u
#define BPF_F_PREORDER 64u

/* query_flags of BPF_PROG_QUERY */
#define BPF_F_QUERY_EFFECTIVE 1u

#define ENOTSUPP 524 /* the kernel's own; no errno.h has it */

#endif
