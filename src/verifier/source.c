/* The source line of an instruction, in the log once for each stretch: "; return x; @ prog.c:12".
 */
#include "btf/btf.h"
#include "verifier/walk.h"

/* The last record at or before pc. */
static const struct bpf_line_info *find(const struct env *env, u32 pc)
{
	u32 lo = 0, hi = env->nr_line_info;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (env->line_info[mid].insn_off <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &env->line_info[lo - 1] : NULL;
}

static int same_line(const struct bpf_line_info *a, const struct bpf_line_info *b)
{
	return a->file_name_off == b->file_name_off && (a->line_col >> 10) == (b->line_col >> 10);
}

void show_source(struct walk *w, u32 pc, const char *prefix)
{
	const struct bpf_line_info *line;
	const char *text, *file, *slash;

	if (!log_wanted(w->env->log))
		return;
	line = find(w->env, pc);
	if (!line || line == w->line || (w->line && same_line(line, w->line)))
		return;
	text = btf_name(w->env->prog->btf, line->line_off);
	text += strspn(text, " \t\n\v\f\r");
	file = btf_name(w->env->prog->btf, line->file_name_off);
	slash = strrchr(file, '/');
	log_printf(w->env->log, "%s%s @ %s:%u\n", prefix, text, slash ? slash + 1 : file,
		   (line->line_col >> 10));
	w->line = line;
}
