#include "tests/lib/load_facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "prog/prog.h"
#include "sys/sys.h"

#define P(name) (1ull << BPF_PROG_TYPE_##name)

s32 load_facts_result(u32 type)
{
	static const u64 ones = P(CGROUP_SKB) | P(CGROUP_SOCK) | P(SOCK_OPS) | P(SK_SKB) |
				P(CGROUP_DEVICE) | P(SK_MSG) | P(CGROUP_SOCK_ADDR) |
				P(CGROUP_SYSCTL) | P(CGROUP_SOCKOPT);

	return ones >> type & 1;
}

int load_facts_needs_btf(u32 type)
{
	return type >= BPF_PROG_TYPE_TRACING && type <= BPF_PROG_TYPE_LSM;
}

int load_facts_begin(struct load_facts *t)
{
	const struct skep_config config = {.ncpu = 2, .verify_only = 1, .engine = &engine_none};

	*t = (struct load_facts){0};
	return !sys_create(&config, &t->skep);
}

void load_facts_end(struct load_facts *t)
{
	sys_free(t->skep);
}

int load_facts_load(struct load_facts *t, const struct load *load)
{
	union bpf_attr attr = {
		.prog_type = load->type,
		.insn_cnt = load->len,
		.insns = ptr_to_u64(load->insns),
		.license = ptr_to_u64(load->license ? load->license : "GPL"),
		.log_level = load->log_level,
		.prog_flags = load->flags,
		.expected_attach_type = load->attach,
	};
	long ret;

	t->log[0] = 0;
	if (load->log_level) {
		attr.log_buf = ptr_to_u64(t->log);
		attr.log_size = LOAD_LOG;
	}
	ret = sys_bpf(t->skep, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (ret < 0)
		return (int)ret;
	sys_close(t->skep, (int)ret);
	return 0;
}

const char *load_facts_errno(int err)
{
	const char *name = err ? strerrorname_np(-err) : "0";

	return name ? name : err == -ENOTSUPP ? "ENOTSUPP" : "?";
}

static int is_about_program(const char *line)
{
	static const char *const others[] = {"processed ", "verification time", "stack depth",
					     "mark_precise"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strncmp(line, others[i], strlen(others[i])))
			return 0;
	return *line && *line != '\n';
}

const char *load_facts_complaint(const struct load_facts *t, char line[LOAD_LINE])
{
	const char *at = t->log, *end;

	line[0] = 0;
	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (is_about_program(at))
			snprintf(line, LOAD_LINE, "%.*s", (int)(end - at), at);
	}
	return line;
}

void load_facts_judge(struct load_facts *t, int same, const char *row, const char *here)
{
	if (same)
		t->matched++;
	else if (t->differed++ < LOAD_SHOWN)
		printf("# linux: %s#  here: %s\n", row, here);
}

int load_facts_report(struct load_facts *t, const char *what, u32 least)
{
	int good = t->matched >= least && !t->differed;

	printf("# %s: %u rows match, %u out of scope, %u differ\n", what, t->matched,
	       t->out_of_scope, t->differed);
	t->matched = t->differed = t->out_of_scope = 0;
	return good;
}
