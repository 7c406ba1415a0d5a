/*
 * The instance's bpffs answers as Linux's does, line by line of bpffs.def; what was unlinked is
 * gone, mounts hide and end.
 */
#include "sys/bpffs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/usercopy.h"
#include "sys/sys.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

#define TOP "/sys/fs/bpf"

static struct skep *skep;
static int map = -1;

/* The two whose answers are compared. */
struct side {
	long (*bpf)(int cmd, union bpf_attr *attr);
	int (*close)(int fd);
	long (*mkdir)(const char *a, const char *b);
	long (*rmdir)(const char *a, const char *b);
	long (*unlink)(const char *a, const char *b);
	long (*rename)(const char *a, const char *b);
	long (*link)(const char *a, const char *b);
	long (*symlink)(const char *a, const char *b);
	long (*readlink)(const char *a, const char *b);
	long (*chmod)(const char *a, const char *b);
	int (*stat)(const char *a, int follow, struct stat *out);
	long (*count)(const char *a, const char *b);
};

static long pin_at(const struct side *side, const char *path)
{
	union bpf_attr attr = {.pathname = ptr_to_u64(path), .bpf_fd = (u32)map};

	return side->bpf(BPF_OBJ_PIN, &attr);
}

static long get_at(const struct side *side, const char *path)
{
	union bpf_attr attr = {.pathname = ptr_to_u64(path)};
	long fd = side->bpf(BPF_OBJ_GET, &attr);

	if (fd < 0)
		return fd;
	side->close((int)fd);
	return 1;
}

/* ---- Linux ---- */

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

static long linux_call(int cmd, union bpf_attr *attr)
{
	return answer(linux_bpf(cmd, attr));
}

#define LINUX(name, call)                                                                          \
	static long linux_##name(const char *a, const char *b)                                     \
	{                                                                                          \
		(void)b;                                                                           \
		return answer(call);                                                               \
	}
LINUX(mkdir, mkdir(a, 0777))
LINUX(rmdir, rmdir(a))
LINUX(unlink, unlink(a))
LINUX(rename, rename(a, b))
LINUX(link, link(a, b))
LINUX(symlink, symlink(a, b))
LINUX(chmod, chmod(a, 0640))
#undef LINUX

static long linux_readlink(const char *a, const char *b)
{
	char text[PATH_MAX];

	(void)b;
	return answer(readlink(a, text, sizeof(text)));
}

static int linux_stat(const char *a, int follow, struct stat *out)
{
	return (int)answer(follow ? stat(a, out) : lstat(a, out));
}

static long linux_count(const char *a, const char *b)
{
	DIR *dir = opendir(a);
	long n = -2; /* . and .. */

	(void)b;
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static const struct side linux_side = {
	.bpf = linux_call,
	.close = close,
	.mkdir = linux_mkdir,
	.rmdir = linux_rmdir,
	.unlink = linux_unlink,
	.rename = linux_rename,
	.link = linux_link,
	.symlink = linux_symlink,
	.readlink = linux_readlink,
	.chmod = linux_chmod,
	.stat = linux_stat,
	.count = linux_count,
};

/* ---- ours ---- */

static const struct bpffs_owner owner;

static long our_bpf(int cmd, union bpf_attr *attr)
{
	return sys_bpf(skep, cmd, attr, sizeof(*attr));
}

static int our_close(int fd)
{
	return sys_close(skep, fd);
}

/* A clean path, in a buffer that the next but one call takes again. */
static const char *clean(const char *path)
{
	static char out[2][PATH_MAX];
	static unsigned turn;

	turn ^= 1;
	return bpffs_clean(TOP, path, out[turn]) ? "" : out[turn];
}

#define OURS(name, call)                                                                           \
	static long our_##name(const char *a, const char *b)                                       \
	{                                                                                          \
		(void)b;                                                                           \
		return call;                                                                       \
	}
OURS(mkdir, bpffs_mkdir(skep, clean(a), 0755, &owner))
OURS(rmdir, bpffs_rmdir(skep, clean(a)))
OURS(unlink, bpffs_unlink(skep, clean(a)))
OURS(rename, bpffs_rename(skep, clean(a), clean(b), 0))
OURS(link, bpffs_link(skep, clean(a), clean(b)))
OURS(symlink, bpffs_symlink(skep, a, clean(b), &owner))
OURS(chmod, bpffs_chmod(skep, clean(a), 0640))
#undef OURS

static long our_readlink(const char *a, const char *b)
{
	char text[PATH_MAX];

	(void)b;
	return bpffs_readlink(skep, clean(a), text, sizeof(text));
}

static int our_stat(const char *a, int follow, struct stat *out)
{
	return bpffs_stat(skep, clean(a), follow ? BPFFS_FOLLOW : BPFFS_LAST, out);
}

static long our_count(const char *a, const char *b)
{
	struct bpffs_inode *folder;
	struct bpffs_entry entry = {0};
	long n = 0;

	(void)b;
	if (bpffs_open(skep, clean(a), &folder))
		return -1;
	while (bpffs_read(skep, folder, entry.next, &entry))
		n++;
	bpffs_close(skep, folder);
	return n;
}

static const struct side our_side = {
	.bpf = our_bpf,
	.close = our_close,
	.mkdir = our_mkdir,
	.rmdir = our_rmdir,
	.unlink = our_unlink,
	.rename = our_rename,
	.link = our_link,
	.symlink = our_symlink,
	.readlink = our_readlink,
	.chmod = our_chmod,
	.stat = our_stat,
	.count = our_count,
};

/* ---- the table ---- */

static long op_kind(const struct side *side, const char *path, int follow)
{
	struct stat st;
	int err = side->stat(path, follow, &st);

	return err ? err : (long)st.st_mode;
}

static long op_links(const struct side *side, const char *path)
{
	struct stat st;
	int err = side->stat(path, 1, &st);

	return err ? err : (long)st.st_nlink;
}

#define DO_mkdir side->mkdir(a, b)
#define DO_rmdir side->rmdir(a, b)
#define DO_unlink side->unlink(a, b)
#define DO_rename side->rename(a, b)
#define DO_link side->link(a, b)
#define DO_symlink side->symlink(first, b)
#define DO_readlink side->readlink(a, b)
#define DO_chmod side->chmod(a, b)
#define DO_count side->count(a, b)
#define DO_kind op_kind(side, a, 1)
#define DO_lkind op_kind(side, a, 0)
#define DO_links op_links(side, a)
#define DO_pin pin_at(side, a)
#define DO_get get_at(side, a)

static void full_path(char out[PATH_MAX], const char *path)
{
	snprintf(out, PATH_MAX, "%s%s", *path == '/' ? "" : TOP "/skep_test/", path);
}

static void answered(long got, long want, const char *line)
{
	if (got == want)
		return;
	printf("# %s: ", line);
	CHECK_EQ(got, want);
}

static void walk_table(const struct side *side)
{
	char a[PATH_MAX], b[PATH_MAX];

	CHECK_EQ(side->mkdir(TOP "/skep_test", ""), 0);
	CHECK_EQ(pin_at(side, TOP "/skep_test/m"), 0);
#define OP(call, first_path, second_path, want)                                                    \
	do {                                                                                       \
		const char *first = first_path;                                                    \
                                                                                                   \
		full_path(a, first);                                                               \
		full_path(b, second_path);                                                         \
		(void)first;                                                                       \
		answered(DO_##call, want, #call " " #first_path " " #second_path);                 \
	} while (0);
#include "tests/sys/bpffs.def"
#undef OP
}

static int make_map(const struct side *side)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4};

	return (int)side->bpf(BPF_MAP_CREATE, &attr);
}

static void ours(void)
{
	map = make_map(&our_side);
	walk_table(&our_side);
	our_close(map);
}

/* On a mount of our own, in a mount namespace of our own, so that nobody else sees it. */
static void on_linux(void)
{
	umask(022);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", TOP, "bpf", 0, NULL) || !linux_available()) {
		tap_skip("on_linux", "no mount of bpffs for us");
		return;
	}
	map = make_map(&linux_side);
	walk_table(&linux_side);
	close(map);
	umount2(TOP, MNT_DETACH);
	tap_end("on_linux");
}

static long next_map(void)
{
	union bpf_attr attr = {0};

	return our_bpf(BPF_MAP_GET_NEXT_ID, &attr);
}

/* ours() left a map pinned. */
static void the_last_name_frees(void)
{
	CHECK_EQ(next_map(), 0);
	CHECK_EQ(our_unlink(TOP "/skep_test/m2", ""), 0);
	CHECK_EQ(next_map(), -ENOENT);
}

static void mounts_hide_and_end(void)
{
	char path[PATH_MAX];
	struct bpffs_inode *folder;
	struct stat st;

	CHECK(!bpffs_covers(skep, "/mnt/bpf"));
	CHECK_EQ(bpffs_mkdir(skep, "/mnt/bpf/x", 0755, &owner), -EXDEV);
	CHECK_EQ(bpffs_mount(skep, "/mnt/bpf", 01777, &owner), 0);
	CHECK(bpffs_covers(skep, "/mnt/bpf") && bpffs_covers(skep, "/mnt/bpf/x/y"));
	CHECK(!bpffs_covers(skep, "/mnt/bpfx"));
	CHECK_EQ(bpffs_mkdir(skep, "/mnt/bpf/x", 0755, &owner), 0);
	CHECK_EQ(bpffs_open(skep, "/mnt/bpf/x", &folder), 0);
	CHECK_EQ(bpffs_rename(skep, "/mnt/bpf/x", "/mnt/bpf/y", 0), 0);
	CHECK_EQ(bpffs_path(skep, folder, path), 0);
	CHECK(!strcmp(path, "/mnt/bpf/y"));
	CHECK_EQ(bpffs_mount(skep, "/mnt/bpf", 01777, &owner), 0);
	CHECK_EQ(bpffs_stat(skep, "/mnt/bpf/y", BPFFS_LAST, &st), -ENOENT);
	CHECK_EQ(bpffs_umount(skep, "/mnt/bpf"), 0);
	CHECK_EQ(bpffs_stat(skep, "/mnt/bpf/y", BPFFS_LAST, &st), 0);
	CHECK_EQ(bpffs_rmdir(skep, "/mnt/bpf"), -EBUSY);
	map = make_map(&our_side);
	CHECK_EQ(pin_at(&our_side, "/mnt/bpf/y/m"), 0);
	our_close(map);
	CHECK_EQ(bpffs_umount(skep, "/mnt/bpf"), 0);
	CHECK_EQ(next_map(), -ENOENT);
	CHECK_EQ(bpffs_path(skep, folder, path), -ENOENT);
	CHECK_EQ(bpffs_umount(skep, "/mnt/bpf"), -EINVAL);
	bpffs_close(skep, folder);
}

static void paths_become_clean(void)
{
	static const char *const rows[][3] = {
		{"/a/b", "c", "/a/b/c"},   {"/a/b", "../c", "/a/c"}, {"/", "x", "/x"},
		{"/a", "/b//c/.", "/b/c"}, {"/a", "../../..", "/"},  {"/a", "./", "/a"},
	};
	char out[PATH_MAX], long_path[PATH_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_EQ(bpffs_clean(rows[i][0], rows[i][1], out), 0);
		CHECK(!strcmp(out, rows[i][2]));
	}
	memset(long_path, 'x', PATH_MAX);
	long_path[PATH_MAX] = 0;
	CHECK_EQ(bpffs_clean("/", long_path, out), -ENAMETOOLONG);
	CHECK_EQ(bpffs_clean("/", "", out), -ENOENT);
	memset(long_path, '/', 1);
	long_path[NAME_MAX + 2] = 0;
	strcat(strcpy(out, TOP), long_path);
	CHECK_EQ(bpffs_mkdir(skep, out, 0755, &owner), -ENAMETOOLONG);
}

int main(void)
{
	if (sys_create(&(struct skep_config){0}, &skep))
		return EXIT_FAILURE;
	TEST(paths_become_clean);
	TEST(ours);
	TEST(the_last_name_frees);
	TEST(mounts_hide_and_end);
	sys_free(skep);
	on_linux();
	return tap_status();
}
