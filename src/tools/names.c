/* Helpers' names from their table. */
#include "tools/names.h"

#include <stdio.h>
#include <string.h>

#include "helper/helper.h"

const char *name_of_helper(const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct helper *helper = insn->src_reg ? NULL : helper_by_id(insn->imm);

	if (!helper)
		return NULL;
	snprintf(buf, size, "bpf_%s", helper->name);
	return buf;
}

u32 helper_of_name(const void *cookie, const char *name)
{
	(void)cookie;
	if (!strncmp(name, "bpf_", 4))
		name += 4;
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++) {
		const struct helper *helper = helper_by_id(id);

		if (helper && !strcmp(helper->name, name))
			return id;
	}
	return 0;
}
