/*
 * The tag that names a program's text: Linux 6.18 hashes the instructions as they were loaded with
 * SHA-256 (earlier ones with SHA-1), leaving out the map fds, which differ from load to load.
 */
#include "prog/prog.h"
#include "prog/sha256.h"

static int loads_map_fd(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

void prog_tag(const struct prog *prog, u8 tag[BPF_TAG_SIZE])
{
	struct sha256 s;
	u8 digest[32];
	int second = 0; /* of a ld_imm64 whose imm halves are both left out */

	sha256_init(&s);
	for (u32 pc = 0; pc < prog->orig_len; pc++) {
		struct bpf_insn insn = prog->orig_insns[pc];
		int first = !second && loads_map_fd(&insn);

		if (first || second)
			insn.imm = 0;
		second = first;
		sha256_add(&s, &insn, sizeof(insn));
	}
	sha256_end(&s, digest);
	memcpy(tag, digest, BPF_TAG_SIZE);
}
