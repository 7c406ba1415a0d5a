/*
 * The same test against ours and against Linux.  What a test expects is written in it, so it holds
 * where there is no Linux to ask; where there is one, BOTH shows that Linux does the same.
 */
#ifndef SKEP_TESTS_ASK_H
#define SKEP_TESTS_ASK_H

#include <errno.h>
#include <unistd.h>

#include "base/usercopy.h"
#include "sys/sys.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

/* Whom the running test asks: an instance, or Linux when that is NULL. */
static struct skep *asked;

static inline long ask_sized(int cmd, union bpf_attr *attr, u32 size)
{
	long ret;

	if (asked)
		return sys_bpf(asked, cmd, attr, size);
	ret = syscall(__NR_bpf, cmd, attr, size);
	return ret < 0 ? -errno : ret;
}

static inline long ask(int cmd, union bpf_attr *attr)
{
	return ask_sized(cmd, attr, sizeof(*attr));
}

/* ASK(BPF_MAP_FREEZE, .map_fd = 3) */
#define ASK(cmd, ...) ask(cmd, &(union bpf_attr){__VA_ARGS__})

static inline void drop(long fd)
{
	if (fd < 0)
		return;
	if (asked)
		sys_close(asked, (int)fd);
	else
		close((int)fd);
}

static inline int ask_map(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	return (int)ASK(BPF_MAP_CREATE, .map_type = type, .key_size = key_size,
			.value_size = value_size, .max_entries = max_entries, .map_flags = flags);
}

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV_X(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_K(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_K(d, i) INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define LDX(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STX(size, d, o, s) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i) INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define JEQ_K(d, i, o) INSN(BPF_JMP | BPF_JEQ | BPF_K, d, 0, o, i)
#define JNE_K(d, i, o) INSN(BPF_JMP | BPF_JNE | BPF_K, d, 0, o, i)
#define CALL(id) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define CALL_SUB(delta) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, delta)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* two instructions */
#define LD_MAP(d, fd)                                                                              \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define LD_FUNC(d, delta)                                                                          \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_FUNC, 0, delta), INSN(0, 0, 0, 0, 0)

/* ask_prog(attr with what is special, instructions...) */
static inline long ask_load(union bpf_attr attr, const struct bpf_insn *insns, u32 n)
{
	attr.insns = ptr_to_u64(insns);
	attr.insn_cnt = n;
	if (!attr.license)
		attr.license = ptr_to_u64("GPL");
	return ask(BPF_PROG_LOAD, &attr);
}
#define ASK_LOAD(attr, ...)                                                                        \
	ask_load((union bpf_attr)attr, (struct bpf_insn[]){__VA_ARGS__},                           \
		 sizeof((struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))
#define OF_TYPE(type)                                                                              \
	{                                                                                          \
		.prog_type = (type)                                                                \
	}

/* Over 64 zero bytes: R0, or -errno. */
static inline long ask_run(long fd)
{
	static const u8 packet[64];
	union bpf_attr attr = {.test = {.prog_fd = (u32)fd,
					.data_in = ptr_to_u64(packet),
					.data_size_in = sizeof(packet)}};
	long err = ask(BPF_PROG_TEST_RUN, &attr);

	return err ? err : (long)attr.test.retval;
}

static inline void ask_both(void (*test)(void), const char *name)
{
	struct skep_config config = {.usercopy = &usercopy_checked};
	char on_linux[128];

	if (CHECK(!sys_create(&config, &asked))) {
		test();
		sys_free(asked);
	}
	asked = NULL;
	tap_end(name);
	snprintf(on_linux, sizeof(on_linux), "%s, on Linux", name);
	if (!linux_available()) {
		tap_skip(on_linux, "no bpf() here");
		return;
	}
	test();
	tap_end(on_linux);
}
#define BOTH(test) ask_both(test, #test)

#endif
