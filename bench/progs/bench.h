/*
 * One source, four ways to be compiled and run:
 *
 *   BPF (skep, Linux)   SEC("xdp") on a packet, contexts and helpers as Linux has them
 *   BPF_RAW (DPDK)      a plain function over a struct with 64-bit pointers, no maps
 *   NATIVE              gcc -O2; helpers and maps are skep's own, called as C functions
 *
 * A program says PROGRAM(name) { ... uses data and end ... return value; }
 */
#ifndef SKEP_BENCH_H
#define SKEP_BENCH_H

#ifdef NATIVE
#include "bench/native.h"
#else
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

struct raw_packet {
	unsigned char *data, *data_end;
};

#if defined(NATIVE) || defined(BPF_RAW)
#define PROGRAM(name)                                                                              \
	static __always_inline __u64 name##_body(unsigned char *data, unsigned char *end,          \
						 struct raw_packet *ctx);                          \
	__attribute__((section("raw"), used)) __u64 name(struct raw_packet *p)                     \
	{                                                                                          \
		return name##_body(p->data, p->data_end, p);                                       \
	}                                                                                          \
	static __always_inline __u64 name##_body(unsigned char *data, unsigned char *end,          \
						 struct raw_packet *ctx)
#else
#define PROGRAM(name)                                                                              \
	static __always_inline __u64 name##_body(unsigned char *data, unsigned char *end,          \
						 struct xdp_md *ctx);                              \
	SEC("xdp") int name(struct xdp_md *ctx)                                                    \
	{                                                                                          \
		return name##_body((void *)(long)ctx->data, (void *)(long)ctx->data_end, ctx);     \
	}                                                                                          \
	static __always_inline __u64 name##_body(unsigned char *data, unsigned char *end,          \
						 struct xdp_md *ctx)
#endif

#define LICENSE char _license[] __attribute__((section("license"), used)) = "GPL"

#endif
