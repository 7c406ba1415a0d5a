/*
 * DPDK's librte_bpf behind two functions, in a shared object of its own so that the benchmark runs
 * where DPDK is not installed.
 *
 * Its loader refuses loops, which its interpreter and JIT run well; so the struct that the loader
 * would have made is made here (its layout is that of 22.11, checked by version below) and handed
 * to them.  Only our own benchmark programs come this way.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_bpf.h>
#include <rte_version.h>

_Static_assert(RTE_VERSION < RTE_VERSION_NUM(24, 0, 0, 0), "look at struct rte_bpf again");

struct rte_bpf {
	struct rte_bpf_prm prm;
	struct rte_bpf_jit jit;
	size_t sz;
	uint32_t stack_sz;
};

int bpf_jit_x86(struct rte_bpf *bpf);
void *dpdk_load(const void *insns, unsigned int count, int jit);
uint64_t dpdk_run(const void *prog, void *ctx);

void *dpdk_load(const void *insns, unsigned int count, int jit)
{
	struct rte_bpf *bpf = calloc(1, sizeof(*bpf));

	if (!bpf)
		return NULL;
	bpf->prm.ins = insns;
	bpf->prm.nb_ins = count;
	bpf->prm.prog_arg.type = RTE_BPF_ARG_RAW;
	bpf->sz = sizeof(*bpf);
	bpf->stack_sz = 512;
	if (jit && bpf_jit_x86(bpf)) {
		free(bpf);
		return NULL;
	}
	return bpf;
}

uint64_t dpdk_run(const void *prog, void *ctx)
{
	const struct rte_bpf *bpf = prog;

	return bpf->jit.func ? bpf->jit.func(ctx) : rte_bpf_exec(bpf, ctx);
}
