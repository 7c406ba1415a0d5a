/*
 * libskep: Linux eBPF in your program.
 *
 * An instance is one whole eBPF system with its own objects, ids and CPUs; a process may hold many.
 * No function here prints, exits or installs a signal handler; the only thread that is started is
 * one for timers and work queues, by the first program that starts one.  Functions that return int
 * or long give 0 (or an fd) or -errno, exactly Linux's where bpf(2) has one.
 */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skep;
struct skep_prog;

/* The checked interpreter takes programs that are not proven, and stops them at a bad access. */
enum skep_engine { SKEP_ENGINE_JIT, SKEP_ENGINE_INTERP, SKEP_ENGINE_CHECKED };

/* Zero a member for its default; set size to sizeof(struct skep_opts). */
struct skep_opts {
	size_t size;
	enum skep_engine engine; /* the JIT */
	uint32_t ncpu;           /* CPU slots: as many as the machine has possible CPUs */
	uint32_t kernel_version; /* 0x061200 for 6.18: later features are hidden */
	/*
	 * 1: programs are believed to be safe.  For what the verifier does not cover yet, from
	 * people you trust.
	 */
	uint32_t unproven;
	/* 1: no thread of the library's own: timers fire in skep_poll */
	uint32_t polled;
};

/* opts may be NULL.  The instance is freed by skep_free, when none of its programs runs any more.
 */
int skep_new(const struct skep_opts *opts, struct skep **out);
void skep_free(struct skep *skep);

/* bpf(2), served by this instance.  attr points to a union bpf_attr of `size` bytes. */
long skep_bpf(struct skep *skep, int cmd, void *attr, unsigned int size);

/* close(2) for the fds that skep_bpf returned. */
int skep_close(struct skep *skep, int fd);

/*
 * Enter the callbacks of timers and work queues that are due, in the calling thread: how many.
 * *next, unless next is NULL, is then the time until another is due, in nanoseconds; UINT64_MAX:
 * none is waiting.
 */
long skep_poll(struct skep *skep, uint64_t *next);

/*
 * A program behind an fd, ready to run without system calls.  It keeps the program alive until
 * skep_prog_put, whatever becomes of the fd.
 */
int skep_prog_get(struct skep *skep, int fd, struct skep_prog **out);
void skep_prog_put(struct skep_prog *prog);

/*
 * Run a program on a context of its type's layout, as Linux's headers define it; programs of packet
 * types are run by the functions below.  Returns R0, or (uint64_t)-EINVAL for packet types.
 */
uint64_t skep_run(struct skep_prog *prog, void *ctx);

/*
 * A packet: the bytes [buf + off, buf + off + len), an Ethernet frame but for XDP, which takes
 * anything.  A program may move its ends within the buffer, so off and len tell afterwards where it
 * is.  XDP programs, classifiers and socket filters see it from its first byte, other types from
 * the network layer's header.
 */
struct skep_packet {
	void *buf;
	uint32_t size;
	uint32_t off; /* of the first byte in buf */
	uint32_t len;
	uint32_t ifindex; /* the interface it came in by */
	uint32_t verdict; /* out: R0 */
};

/*
 * Run over one packet, or over n with one claim of a CPU.  0, or at the first packet that does not
 * work: -EINVAL (not within its buffer, no whole link layer header; or a program of a type that
 * sees no packets), -ENOSPC (it outgrew its buffer: cut off), -EFAULT (the checked interpreter
 * stopped the program).
 */
int skep_run_packet(struct skep_prog *prog, struct skep_packet *packet);
int skep_run_packets(struct skep_prog *prog, struct skep_packet *packets, size_t n);

#ifdef __cplusplus
}
#endif
#endif
