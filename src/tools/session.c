/* Opening and loading an object, with what went wrong told to people. */
#include "tools/session.h"

#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "tools/lacks.h"
#include "tools/tool.h"

static void say_log(struct load_log *log)
{
	fflush(stdout);
	if (log->text)
		fputs(log->text, stderr);
	load_log_free(log);
}

int session_open(struct session *s, const struct session_options *o)
{
	struct skep_opts opts = {
		.size = sizeof(opts),
		.engine = o->engine,
		.unproven = o->unproven,
		.kernel_version = o->kernel_version,
	};
	struct load_log log = {0};
	struct load_options load = {
		.pick = LOAD_ONE,
		.program = o->program,
		.btf_path = o->btf_path,
		.log = &log,
	};
	int err;

	*s = (struct session){.path = o->path};
	err = skep_new(&opts, &s->skep);
	if (err)
		return fail("an instance cannot be made: %s", strerror(-err));
	skep_use(s->skep);
	err = load_open(o->path, &load, &s->loaded);
	if (!err) {
		load_log_free(&log);
		return 0;
	}
	say_log(&log);
	err = fail("%s: nothing was loaded", s->path);
	skep_use(NULL);
	skep_free(s->skep);
	return err;
}

int session_load(struct session *s)
{
	struct load_log log = {0};

	if (load_object(s->loaded.object, &log)) {
		say_log(&log);
		lacks_say(s->skep, s->loaded.object);
		return fail("%s: nothing was run", s->path);
	}
	load_log_free(&log);
	return 0;
}

void session_close(struct session *s)
{
	bpf_object__close(s->loaded.object);
	skep_use(NULL);
	skep_free(s->skep);
}
