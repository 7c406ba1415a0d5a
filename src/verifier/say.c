/* What the verifier says: refusals, and instructions as Linux's log writes them. */
#include <stdarg.h>
#include <stdio.h>

#include "verifier/internal.h"

int reject(struct env *env, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (log_wanted(env->log)) {
		log_vprintf(env->log, fmt, args);
		log_printf(env->log, "\n");
	}
	va_end(args);
	return err;
}

const char *helper_name(u32 id)
{
	const struct helper *helper = helper_by_id(id);

	return helper ? helper->name : NULL;
}

struct namer {
	const struct env *env;
	char *name; /* room for "bpf_" and the longest helper's name */
};

enum { NAME_ROOM = 64 };

static const char *call_name(const void *cookie, const struct bpf_insn *insn)
{
	const struct namer *namer = cookie;
	const struct kfunc *kfunc;
	const char *name;

	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		kfunc = kfunc_called(namer->env, insn);
		return kfunc ? kfunc->name : NULL;
	}
	name = helper_name((u32)insn->imm);
	if (!name || insn->src_reg)
		return NULL;
	snprintf(namer->name, NAME_ROOM, "bpf_%s", name);
	return namer->name;
}

static int is_map(const struct bpf_insn *insn)
{
	return insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE;
}

/* Linux shows where a map is in the kernel.  Ours shows nobody where it is in the process. */
static u64 address_shown(const struct map *map)
{
	return 0xffff888000000000ull + ((u64)map->obj.id << 12);
}

/*
 * Once its fd is resolved a ld_imm64 of a map shows the address, as in Linux's log; that of a
 * callback still shows the distance.
 */
static const char *imm64_text(const void *cookie, const struct bpf_insn *insn, char *buf,
			      size_t size)
{
	const struct env *env = ((const struct namer *)cookie)->env;

	u64 shown;

	if (insn->src_reg == BPF_PSEUDO_FUNC)
		shown = (u32)insn->imm;
	else if (is_map(insn) && (u32)insn->imm < env->nr_maps)
		shown = address_shown(env->maps[insn->imm]);
	else
		return NULL;
	snprintf(buf, size, "0x%llx", (unsigned long long)shown);
	return buf;
}

void log_insn_text(struct env *env, u32 pc)
{
	char text[ISA_TEXT_MAX], name[NAME_ROOM];
	struct namer namer = {env, name};
	struct isa_names names = {.cookie = &namer, .call = call_name, .imm64 = imm64_text};

	isa_disasm(&env->insns[pc], env->len - pc, &names, text);
	/* what has no notation stands in the log without its opcode */
	if (!strncmp(text, "BUG_", 4))
		log_printf(env->log, "%s\n", text);
	else
		log_printf(env->log, "(%02x) %s\n", env->insns[pc].code, text);
}

void log_insn(struct env *env, u32 pc)
{
	log_printf(env->log, "%u: ", pc);
	log_insn_text(env, pc);
}
