/* An object's map types, program types and helpers against the tables. */
#include "base/abi.h"

#include "tools/lacks.h"

#include <stdio.h>

#include <bpf/libbpf.h>

#include "base/since.h"
#include "helper/helper.h"
#include "map/map.h"
#include "progtype/progtype.h"
#include "tools/tool.h"

/* `who` wants the row called `name`. */
static void check(const struct skep *skep, const char *who, const char *name, const char *since,
		  bool works)
{
	if (!since_visible(skep, since))
		fail("%s wants %s, which came with Linux %s; --kernel says %u.%u", who, name, since,
		     skep->kernel_version >> 16, skep->kernel_version >> 8 & 0xff);
	else if (!works)
		fail("%s wants %s, which skep does not have yet; 'skep features' lists what it has",
		     who, name);
}

static void check_map(const struct skep *skep, const struct bpf_map *map)
{
	const struct map_type *type = map_type_by_id(bpf_map__type(map));
	char who[80];

	if (!type)
		return;
	snprintf(who, sizeof(who), "map %s", bpf_map__name(map));
	check(skep, who, type->name, type->since, type->ops != NULL);
}

/* The helper that an instruction calls by number, or NULL. */
static const struct helper *called_by(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return NULL;
	return helper_by_id(insn->imm);
}

static void check_calls(const struct skep *skep, const struct bpf_program *program)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	char who[80], name[80];

	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++) {
		const struct helper *helper = called_by(&insns[i]);

		if (!helper)
			continue;
		snprintf(who, sizeof(who), "%s, insn %zu", bpf_program__name(program), i);
		snprintf(name, sizeof(name), "bpf_%s", helper->name);
		check(skep, who, name, helper->since, helper->fn != NULL);
	}
}

void lacks_say(const struct skep *skep, const struct bpf_object *object)
{
	const struct bpf_program *program = NULL;
	const struct bpf_map *map = NULL;

	while ((map = bpf_object__next_map(object, map)))
		check_map(skep, map);
	while ((program = bpf_object__next_program(object, (void *)program))) {
		const struct progtype *type = progtype_by_id(bpf_program__type(program));

		if (!bpf_program__autoload(program))
			continue;
		if (type)
			check(skep, bpf_program__name(program), type->name, type->since, true);
		check_calls(skep, program);
	}
}
