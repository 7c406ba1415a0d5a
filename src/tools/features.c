/* skep features: what works, from the tables that make it work. */
#include "base/abi.h"

#include <stdlib.h>
#include <string.h>

#include "base/since.h"
#include "helper/helper.h"
#include "isa/isa.h"
#include "map/map.h"
#include "progtype/progtype.h"
#include "sys/sys.h"
#include "tools/out.h"
#include "tools/tool.h"

enum state { STATE_WORKS, STATE_NOT_YET, STATE_LATER };

struct features_options {
	u32 kernel;
	bool json;
};

/* One list: the i-th row's name and since; false past the end, name NULL where there is no row. */
struct row {
	const char *name, *since;
	bool works;
};

static bool command_row(u32 i, struct row *row)
{
	struct sys_command command;

	if (sys_command((int)i, &command))
		*row = (struct row){command.name, command.since, true};
	return i < __MAX_BPF_CMD;
}

static bool map_row(u32 i, struct row *row)
{
	const struct map_type *type = map_type_by_id(i);

	if (type)
		*row = (struct row){type->name, type->since, type->ops != NULL};
	return i < __MAX_BPF_MAP_TYPE;
}

static bool prog_row(u32 i, struct row *row)
{
	const struct progtype *type = progtype_by_id(i);

	if (type)
		*row = (struct row){type->name, type->since, true};
	return i < __MAX_BPF_PROG_TYPE;
}

static bool helper_row(u32 i, struct row *row)
{
	const struct helper *helper = helper_by_id(i);

	if (helper)
		*row = (struct row){helper->name, helper->since, helper->fn != NULL};
	return i < __BPF_FUNC_MAX_ID;
}

static bool kfunc_row(u32 i, struct row *row)
{
	const struct kfunc *kfunc = kfunc_by_index(i);

	if (kfunc)
		*row = (struct row){kfunc->name, kfunc->since, kfunc->fn != NULL};
	return kfunc;
}

static bool insn_row(u32 i, struct row *row)
{
	if (i && i < ISA_OPS)
		*row = (struct row){isa_rows[i].name, isa_rows[i].since, true};
	return i < ISA_OPS;
}

static const struct list {
	const char *name;
	bool (*row)(u32 i, struct row *row);
} lists[] = {
	{"commands", command_row}, {"map types", map_row}, {"program types", prog_row},
	{"helpers", helper_row},   {"kfuncs", kfunc_row},  {"instructions", insn_row},
};

static enum state state_of(const struct row *row, u32 kernel)
{
	u32 since = since_version(row->since);

	if (kernel && since > kernel)
		return STATE_LATER;
	return row->works ? STATE_WORKS : STATE_NOT_YET;
}

static const char *const state_names[] = {"works", "not yet", "not in this Linux"};

static void show_json(const struct list *list, u32 kernel, struct out *out)
{
	out_object(out, list->name);
	for (u32 i = 0;; i++) {
		struct row row = {0};

		if (!list->row(i, &row))
			break;
		if (!row.name)
			continue;
		out_object(out, row.name);
		out_str(out, "since", row.since ? row.since : "");
		out_str(out, "state", state_names[state_of(&row, kernel)]);
		out_end(out);
	}
	out_end(out);
}

static void show_text(const struct list *list, u32 kernel)
{
	u32 counts[3] = {0};

	printf("%s:\n", list->name);
	for (u32 i = 0;; i++) {
		struct row row = {0};
		enum state state;

		if (!list->row(i, &row))
			break;
		if (!row.name)
			continue;
		state = state_of(&row, kernel);
		counts[state]++;
		printf("  %-44s %-8s %s\n", row.name, row.since ? row.since : "",
		       state_names[state]);
	}
	printf("  %u work", counts[STATE_WORKS]);
	if (counts[STATE_NOT_YET])
		printf(", %u not yet", counts[STATE_NOT_YET]);
	if (counts[STATE_LATER])
		printf(", %u not in this Linux", counts[STATE_LATER]);
	puts("\n");
}

static int features_run(void *opts, char **args, int nargs)
{
	const struct features_options *o = opts;
	struct out out;
	bool found = !nargs;

	for (u32 i = 0; nargs && i < ARRAY_SIZE(lists); i++)
		found |= !strcmp(lists[i].name, args[0]);
	if (!found)
		return fail(
			"there is no list \"%s\"; there are commands, map types, program types, "
			"helpers, kfuncs and instructions",
			args[0]);
	if (o->json)
		out_begin(&out, stdout, OUT_JSON);
	for (u32 i = 0; i < ARRAY_SIZE(lists); i++) {
		if (nargs && strcmp(lists[i].name, args[0]))
			continue;
		if (o->json)
			show_json(&lists[i], o->kernel, &out);
		else
			show_text(&lists[i], o->kernel);
	}
	if (o->json)
		out_finish(&out);
	return TOOL_OK;
}

static const struct option features_options[] = {
	{"kernel", OPTION_KERNEL, offsetof(struct features_options, kernel), "VERSION",
	 "As Linux VERSION has it (6.18).", NULL},
	{"json", OPTION_FLAG, offsetof(struct features_options, json), NULL, "In JSON.", NULL},
	{0},
};

const struct tool tool_features = {
	.name = "features",
	.summary = "list what works, since which Linux",
	.args = "[LIST]",
	.about = "Lists commands of bpf(2), map types, program types, helpers, kfuncs and "
		 "instructions:\n"
		 "their names, the Linux that brought them, and whether skep has them. LIST is one "
		 "of\n"
		 "these names.\n",
	.examples = "  skep features\n"
		    "  skep features 'map types'\n"
		    "  skep features helpers --kernel 5.15\n"
		    "  skep features --json | jq '.helpers | keys'\n",
	.options = features_options,
	.max_args = 1,
	.opts_size = sizeof(struct features_options),
	.run = features_run,
};
