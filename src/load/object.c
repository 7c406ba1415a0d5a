/* Objects: from a file to programs and maps of the calling thread's instance. */
#include "load/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/os.h"
#include "base/skep.h"
#include "load/elf.h"
#include "load/file.h"
#include "load/shim.h"

#define EXPORT __attribute__((visibility("default")))

struct skep_object {
	struct skep *skep;
	struct bpf_object *object;
};

enum { NAME_MAX_LEN = 64 };

static const char *reason(int err)
{
	return -err == ENOTSUPP ? "it needs what skep does not do yet" : strerror(-err);
}

/* "dir/drop.bpf.o" -> "drop": what libbpf prefixes the maps of global data with. */
static void object_name(const char *path, char name[NAME_MAX_LEN])
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	snprintf(name, NAME_MAX_LEN, "%.*s", (int)strcspn(base, "."), base);
}

static int open_bytes(const struct file *file, const struct load_options *options,
		      struct bpf_object **out)
{
	char name[NAME_MAX_LEN];
	struct bpf_object_open_opts opts = {
		.sz = sizeof(opts),
		.object_name = name,
		.btf_custom_path = options->btf_path,
	};
	struct bpf_object *object;

	object_name(file->path, name);
	object = bpf_object__open_mem(file->bytes, file->size, &opts);
	if (!object)
		return load_say(options->log, -errno, "%s: cannot be opened: %s\n", file->path,
				reason(-errno));
	*out = object;
	return 0;
}

static void autoload_by_name(void *cookie, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(cookie, name);

	if (program)
		bpf_program__set_autoload(program, true);
}

static void pick(const struct loaded *loaded, const struct elf *elf)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, loaded->object)
		bpf_program__set_autoload(program, program == loaded->program);
	elf_each_map_function(elf, autoload_by_name, loaded->object);
}

static int open_and_pick(const struct file *file, const struct load_options *options,
			 struct loaded *out)
{
	struct loaded loaded = {0};
	struct elf elf;
	int err = elf_open(&elf, file->path, file->bytes, file->size, options->log);

	if (!err && options->btf_path)
		err = file_check_types(options->btf_path, options->log);
	if (!err)
		err = open_bytes(file, options, &loaded.object);
	if (err)
		return err;
	if (options->pick == LOAD_ONE)
		err = load_find(loaded.object, options->program, options->log, &loaded.program);
	if (err) {
		bpf_object__close(loaded.object);
		return err;
	}
	if (options->pick == LOAD_ONE)
		pick(&loaded, &elf);
	*out = loaded;
	return 0;
}

static u32 load_version(void)
{
	const struct skep *skep = load_current();

	return skep ? skep->kernel_version : 0;
}

int load_open(const char *path, const struct load_options *options, struct loaded *out)
{
	struct load_log *before;
	struct file file;
	int err = file_read(path, &file, options->log);

	if (err)
		return err;
	load_know_sections();
	before = load_log_to(options->log);
	features_enter(load_version());
	err = open_and_pick(&file, options, out);
	features_leave();
	load_log_to(before);
	os_free(&os_host, file.bytes);
	return err;
}

static bool is_named(const struct bpf_program *program, const char *name)
{
	return !name || !strcmp(bpf_program__name(program), name) ||
	       !strcmp(bpf_program__section_name(program), name);
}

/* "drop (xdp), count (tc/ingress)" */
static void list_programs(const struct bpf_object *object, struct load_log *log)
{
	const char *separator = "";
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		load_say(log, 0, "%s%s (%s)", separator, bpf_program__name(program),
			 bpf_program__section_name(program));
		separator = ", ";
	}
	load_say(log, 0, "\n");
}

static int not_found(const struct bpf_object *object, const char *name, struct load_log *log)
{
	if (!bpf_object__next_program(object, NULL))
		return load_say(log, -ENOENT, "the object holds no program\n");
	load_say(log, 0, "there is no program \"%s\"; the object holds ", name);
	list_programs(object, log);
	return -ENOENT;
}

static int not_unique(const struct bpf_object *object, const char *name, struct load_log *log)
{
	if (name)
		load_say(log, 0, "\"%s\" means several programs; name one of ", name);
	else
		load_say(log, 0, "the object holds several programs; name one of ");
	list_programs(object, log);
	return -ENOTUNIQ;
}

int load_find(const struct bpf_object *object, const char *name, struct load_log *log,
	      struct bpf_program **out)
{
	struct bpf_program *program, *found = NULL;
	u32 count = 0;

	bpf_object__for_each_program(program, object)
	{
		if (!is_named(program, name))
			continue;
		found = program;
		/* a function's name is unique, a section's need not be */
		if (name && !strcmp(bpf_program__name(program), name)) {
			count = 1;
			break;
		}
		count++;
	}
	if (!count)
		return not_found(object, name, log);
	if (count > 1)
		return not_unique(object, name, log);
	*out = found;
	return 0;
}

int load_object(struct bpf_object *object, struct load_log *log)
{
	struct load_log *before = load_log_to(log);
	int err;

	features_enter(load_version());
	err = bpf_object__load(object);
	features_leave();
	load_log_to(before);
	if (err)
		load_say(log, 0, "cannot be loaded: %s\n", reason(err));
	return err;
}

static int load_all(const char *path, const struct load_options *options, struct bpf_object **out)
{
	struct loaded loaded;
	int err = load_open(path, options, &loaded);

	if (err)
		return err;
	err = load_object(loaded.object, options->log);
	if (err)
		bpf_object__close(loaded.object);
	else
		*out = loaded.object;
	return err;
}

static void hand_out_log(const struct load_log *log, const struct skep_object_opts *opts)
{
	if (opts->log && opts->log_size)
		snprintf(opts->log, opts->log_size, "%s", log->text ? log->text : "");
}

EXPORT int skep_object_load(struct skep *skep, const char *path,
			    const struct skep_object_opts *opts, struct skep_object **out)
{
	struct skep_object_opts mine = {0};
	struct skep_object *object = os_alloc(&os_host, sizeof(*object));
	struct skep *before = skep_use(skep);
	struct load_log log = {0};
	struct load_options options = {.log = &log};
	int err = -ENOMEM;

	/* A caller built against an older header has a shorter struct, a newer one a longer. */
	if (opts)
		memcpy(&mine, opts, opts->size < sizeof(mine) ? opts->size : sizeof(mine));
	options.btf_path = mine.btf_path;
	options.program = mine.program;
	options.pick = mine.program ? LOAD_ONE : LOAD_ALL;
	if (object)
		err = load_all(path, &options, &object->object);
	hand_out_log(&log, &mine);
	load_log_free(&log);
	skep_use(before);
	if (err) {
		os_free(&os_host, object);
		return err;
	}
	object->skep = skep;
	*out = object;
	return 0;
}

EXPORT void skep_object_free(struct skep_object *object)
{
	struct skep *before;

	if (!object)
		return;
	before = skep_use(object->skep);
	bpf_object__close(object->object);
	skep_use(before);
	os_free(&os_host, object);
}

EXPORT int skep_object_prog(struct skep_object *object, const char *name, struct skep_prog **out)
{
	struct bpf_program *program;
	int err = load_find(object->object, name, NULL, &program);

	return err ? err : skep_prog_get(object->skep, bpf_program__fd(program), out);
}

EXPORT int skep_object_map(struct skep_object *object, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object->object, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}
