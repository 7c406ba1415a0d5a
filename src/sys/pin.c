/*
 * Pins: names that keep objects alive.  Each instance has a namespace of its own, which looks as if
 * a bpffs were mounted on /sys/fs/bpf; folders are those that sys_mkdir made and those that the
 * host shows there.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/internal.h"

#define ROOT "/sys/fs/bpf"

struct sys_pin {
	struct sys_pin *next;
	struct obj *obj; /* a reference; NULL for a folder */
	char path[];
};

static int callers_folder(struct skep *skep, char out[PATH_MAX])
{
	char link[PROC_PATH];
	ssize_t n;

	caller_proc(skep, "cwd", link, sizeof(link));
	n = readlink(link, out, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	out[n] = 0;
	return 0;
}

/* One spelling a path: absolute, no empty or "." parts, ".." resolved.  0 or -ENAMETOOLONG. */
static int canonical(struct skep *skep, const char *path, char out[PATH_MAX])
{
	char whole[2 * PATH_MAX];
	u32 len = 0;

	if (*path == '/') {
		whole[0] = 0;
	} else {
		int err = callers_folder(skep, whole);

		if (err)
			return err;
	}
	strncat(whole, "/", 2);
	strncat(whole, path, PATH_MAX);
	for (const char *at = whole; *at;) {
		u32 n = (u32)strcspn(at, "/");

		if (n == 2 && !memcmp(at, "..", 2)) {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && *at == '.')) {
			if (len + n + 2 > PATH_MAX)
				return -ENAMETOOLONG;
			out[len++] = '/';
			memcpy(out + len, at, n);
			len += n;
		}
		at += n + (at[n] == '/');
	}
	out[len] = 0;
	return 0;
}

static struct sys_pin **find(struct sys *sys, const char *path)
{
	struct sys_pin **at = &sys->pins;

	while (*at && strcmp((*at)->path, path))
		at = &(*at)->next;
	return at;
}

/* Is the path inside the root?  Then *name is its last part. */
static int inside(const char *path, const char **name)
{
	*name = strrchr(path, '/');
	if (!*name || strncmp(path, ROOT "/", sizeof(ROOT)))
		return 0;
	(*name)++;
	return 1;
}

static int is_host_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int has_parent(struct sys *sys, const char *path, const char *name)
{
	char parent[PATH_MAX];
	struct sys_pin *pin;
	u32 len = (u32)(name - path) - 1;

	memcpy(parent, path, len);
	parent[len] = 0;
	if (!strcmp(parent, ROOT))
		return 1;
	pin = *find(sys, parent);
	return pin ? !pin->obj : is_host_folder(parent);
}

/* Linux's answers for a place where a pin or a folder is to be made. */
static int check_place(struct sys *sys, const char *path)
{
	const char *name;

	if (!strcmp(path, ROOT))
		return -EEXIST;
	if (!inside(path, &name)) {
		struct stat st;

		return !stat(path, &st) ? -EEXIST : -EPERM;
	}
	if (*find(sys, path))
		return -EEXIST;
	if (!has_parent(sys, path, name))
		return -ENOENT;
	/* names with dots are kept for Linux's own */
	return strchr(name, '.') ? -EPERM : 0;
}

static int add(struct skep *skep, const char *path, struct obj *obj)
{
	u64 len = strlen(path) + 1;
	struct sys_pin *pin;
	int err;

	pthread_mutex_lock(&skep->sys->lock);
	err = check_place(skep->sys, path);
	pin = err ? NULL : os_alloc(skep->os, sizeof(*pin) + len);
	if (pin) {
		memcpy(pin->path, path, len);
		pin->obj = obj;
		if (obj)
			obj_get(obj);
		pin->next = skep->sys->pins;
		skep->sys->pins = pin;
	} else if (!err) {
		err = -ENOMEM;
	}
	pthread_mutex_unlock(&skep->sys->lock);
	return err;
}

/* The caller's path in its one spelling. */
static int read_path(struct call *call, char path[PATH_MAX])
{
	char given[PATH_MAX];
	int err = user_string(call->skep, given, call->attr.pathname, sizeof(given));

	if (err)
		return err;
	if (strnlen(given, sizeof(given)) == sizeof(given) - 1)
		return -ENAMETOOLONG;
	return *given ? canonical(call->skep, given, path) : -ENOENT;
}

static int pinnable(const struct obj *obj)
{
	return obj->kind == OBJ_MAP || obj->kind == OBJ_PROG || obj->kind == OBJ_LINK;
}

long cmd_obj_pin(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	char path[PATH_MAX];
	struct obj *obj;
	u32 mode;
	int err;

	if (attr->file_flags & ~(u32)BPF_F_PATH_FD)
		return -EINVAL;
	if (attr->path_fd && !(attr->file_flags & BPF_F_PATH_FD))
		return -EINVAL;
	if (file_get_any(call->skep, (int)attr->bpf_fd, &obj, &mode))
		return -EINVAL;
	err = pinnable(obj) ? read_path(call, path) : -EINVAL;
	if (!err)
		err = add(call->skep, path, obj);
	obj_put(obj);
	return err;
}

static int get(struct skep *skep, const char *path, struct obj **out)
{
	struct sys_pin *pin;
	struct stat st;
	int err = 0;

	pthread_mutex_lock(&skep->sys->lock);
	pin = *find(skep->sys, path);
	if (pin && pin->obj) {
		obj_get(pin->obj);
		*out = pin->obj;
	} else {
		/* something else is there, or nothing */
		err = pin || !strcmp(path, ROOT) || !stat(path, &st) ? -EACCES : -ENOENT;
	}
	pthread_mutex_unlock(&skep->sys->lock);
	return err;
}

long cmd_obj_get(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	u32 allowed = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD, mode;
	char path[PATH_MAX];
	struct obj *obj;
	long fd;

	if (attr->bpf_fd || attr->file_flags & ~allowed ||
	    (attr->path_fd && !(attr->file_flags & BPF_F_PATH_FD)) ||
	    mode_of_flags(attr->file_flags, &mode))
		return -EINVAL;
	fd = read_path(call, path);
	if (!fd)
		fd = get(call->skep, path, &obj);
	if (fd)
		return fd;
	if (obj->kind == OBJ_LINK && mode != MODE_BOTH)
		fd = -EINVAL;
	else
		fd = file_open(call->skep, obj, obj->kind == OBJ_MAP ? mode : MODE_BOTH);
	obj_put(obj);
	return fd;
}

int sys_in_bpffs(struct skep *skep, const char *path)
{
	const char *name;
	char at[PATH_MAX];

	return !canonical(skep, path, at) && (!strcmp(at, ROOT) || inside(at, &name));
}

int sys_mkdir(struct skep *skep, const char *path)
{
	char at[PATH_MAX];
	int err = canonical(skep, path, at);

	return err ? err : add(skep, at, NULL);
}

int sys_unpin(struct skep *skep, const char *path)
{
	struct sys_pin **at, *pin;
	char want[PATH_MAX];
	int err = canonical(skep, path, want);

	if (err)
		return err;
	pthread_mutex_lock(&skep->sys->lock);
	at = find(skep->sys, want);
	pin = *at;
	if (pin)
		*at = pin->next;
	pthread_mutex_unlock(&skep->sys->lock);
	if (!pin)
		return -ENOENT;
	if (pin->obj)
		obj_put(pin->obj);
	os_free(skep->os, pin);
	return 0;
}

void pins_destroy(struct skep *skep)
{
	while (skep->sys->pins) {
		struct sys_pin *pin = skep->sys->pins;

		skep->sys->pins = pin->next;
		if (pin->obj)
			obj_put(pin->obj);
		os_free(skep->os, pin);
	}
}
