#include "tests/lib/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "btf/btf.h"
#include "verifier/verifier.h"

/* fd_get of an instance has no place for more than the instance: the table is found through it. */
static struct {
	struct skep *skep;
	struct obj *fd[VERIFY_FDS];
} table;

static int fd_get(struct skep *skep, int fd, enum obj_kind kind, struct obj **out)
{
	if (skep != table.skep || fd < 0 || fd >= VERIFY_FDS)
		return -EBADF;
	if (!table.fd[fd] || table.fd[fd]->kind != kind)
		return -EINVAL;
	*out = table.fd[fd];
	obj_get(*out);
	return 0;
}

int verify_begin(struct verify *v)
{
	const struct skep_config config = {0};

	if (skep_base_create(&config, &v->skep))
		return 0;
	v->skep->fd_get = fd_get;
	table.skep = v->skep;
	return 1;
}

void verify_end(struct verify *v)
{
	for (int fd = 0; fd < VERIFY_FDS; fd++) {
		if (table.fd[fd])
			obj_put(table.fd[fd]);
		table.fd[fd] = NULL;
	}
	btf_kernel_free(v->skep);
	skep_base_free(v->skep);
}

int verify_fd(struct verify *v, struct obj *obj)
{
	int fd = 3;

	(void)v;
	while (fd < VERIFY_FDS && table.fd[fd])
		fd++;
	if (fd == VERIFY_FDS)
		return -EMFILE;
	table.fd[fd] = obj;
	return fd;
}

int verify_map(struct verify *v, u32 type, u32 key_size, u32 value_size, u32 max_entries)
{
	struct map_attr attr = {.type = type,
				.key_size = key_size,
				.value_size = value_size,
				.max_entries = max_entries,
				.numa_node = UINT32_MAX};
	struct map *map;
	int err = map_create(v->skep, &attr, &map);

	return err ? err : verify_fd(v, &map->obj);
}

static int check(struct verify *v, struct prog *prog, const struct verify_load *load)
{
	union bpf_attr attr = {0};
	struct log log;
	const char *text;
	u32 len;
	int err;

	log_init(&log, v->skep->os, load->log_level ? load->log_level : 2, VERIFY_LOG);
	if (load->attr)
		attr = *load->attr;
	err = verifier_check(prog, &attr, &log);
	v->log[0] = 0;
	if (!log_finish(&log, &text, &len))
		memcpy(v->log, text, len);
	log_free(&log);
	return err;
}

int verify_check(struct verify *v, const struct verify_load *load, struct prog **out)
{
	struct prog *prog = prog_alloc(v->skep, load->len);
	int err;

	if (!prog)
		return -ENOMEM;
	if (load->len)
		memcpy(prog->orig_insns, load->insns, load->len * sizeof(*load->insns));
	prog->type = progtype_by_id(load->type);
	prog->expected_attach_type = load->attach;
	prog->prog_flags = load->flags;
	prog->gpl = !load->proprietary;
	err = check(v, prog, load);
	if (err || !out)
		obj_put(&prog->obj);
	else
		*out = prog;
	return err;
}

const char *verify_complaint(const struct verify *v, char line[500])
{
	const char *at = v->log, *end;

	line[0] = 0;
	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (end > at && strncmp(at, "processed ", 10) && end - at < 500)
			snprintf(line, 500, "%.*s", (int)(end - at), at);
	}
	return line;
}
