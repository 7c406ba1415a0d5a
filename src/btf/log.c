/* BTF's log: the lines that Linux writes. */
#include <stdarg.h>

#include "btf/internal.h"

const char *log_name(const struct env *env, u32 off)
{
	if (!off)
		return "(anon)";
	return name_off_valid(env->btf, off) ? env->btf->strings + off : "(invalid-name-offset)";
}

void env_log(struct env *env, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vprintf(env->log, fmt, args);
	va_end(args);
}

static void finish(struct env *env, const char *fmt, va_list args)
{
	if (fmt) {
		log_printf(env->log, " ");
		log_vprintf(env->log, fmt, args);
	}
	log_printf(env->log, "\n");
}

static void begin_type(struct env *env, const struct btf_type *t)
{
	log_printf(env->log, "[%u] %s %s", env->id, kind_ops[btf_kind(t)].name,
		   log_name(env, t->name_off));
}

void log_type(struct env *env, const struct btf_type *t, const char *fmt, ...)
{
	va_list args;

	if (!log_wanted(env->log))
		return;
	begin_type(env, t);
	log_printf(env->log, " ");
	kind_ops[btf_kind(t)].details(env, t);
	va_start(args, fmt);
	finish(env, fmt, args);
	va_end(args);
}

void log_type_basic(struct env *env, const struct btf_type *t, const char *fmt, ...)
{
	va_list args;

	if (!log_wanted(env->log))
		return;
	begin_type(env, t);
	va_start(args, fmt);
	finish(env, fmt, args);
	va_end(args);
}

/* In the first phase the struct's own line stands right above. */
void log_member(struct env *env, const struct btf_type *t, const struct btf_member *m,
		const char *fmt, ...)
{
	va_list args;

	if (!log_wanted(env->log))
		return;
	if (env->phase != CHECK_META)
		log_type(env, t, NULL);
	if (BTF_INFO_KFLAG(t->info))
		log_printf(env->log, "\t%s type_id=%u bitfield_size=%u bits_offset=%u",
			   log_name(env, m->name_off), m->type, BTF_MEMBER_BITFIELD_SIZE(m->offset),
			   BTF_MEMBER_BIT_OFFSET(m->offset));
	else
		log_printf(env->log, "\t%s type_id=%u bits_offset=%u", log_name(env, m->name_off),
			   m->type, m->offset);
	va_start(args, fmt);
	finish(env, fmt, args);
	va_end(args);
}

void log_secinfo(struct env *env, const struct btf_type *t, const struct btf_var_secinfo *s,
		 const char *fmt, ...)
{
	va_list args;

	if (!log_wanted(env->log))
		return;
	if (env->phase != CHECK_META)
		log_type(env, t, NULL);
	log_printf(env->log, "\t type_id=%u offset=%u size=%u", s->type, s->offset, s->size);
	va_start(args, fmt);
	finish(env, fmt, args);
	va_end(args);
}
