/* Objects live as long as an fd, a pin or another object holds them, and no longer. */
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "sys/sys.h"
#include "tests/tap.h"

static struct skep *skep;

static long call(int cmd, union bpf_attr *attr)
{
	return sys_bpf(skep, cmd, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4};

	return (int)call(BPF_MAP_CREATE, &attr);
}

static long next_map(u32 after)
{
	union bpf_attr attr = {.start_id = after};
	long err = call(BPF_MAP_GET_NEXT_ID, &attr);

	return err ? err : (long)attr.next_id;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void ids_go_with_the_last_fd(void)
{
	int before = count_fds(), fd = make_map(), copy;
	long id = next_map(0);

	CHECK(fd >= 0 && id > 0);
	copy = dup(fd);
	CHECK_EQ(sys_close(skep, fd), 0);
	CHECK_EQ(next_map(0), id);
	close(copy); /* behind our back */
	CHECK_EQ(next_map(0), -ENOENT);
	CHECK_EQ(count_fds(), before);
}

static void pins_hold(void)
{
	static const char path[] = "/sys/fs/bpf/skep_test_pin";
	int fd = make_map();
	union bpf_attr pin = {.pathname = ptr_to_u64(path), .bpf_fd = (u32)fd};
	union bpf_attr get = {.pathname = ptr_to_u64(path)};

	CHECK_EQ(call(BPF_OBJ_PIN, &pin), 0);
	CHECK_EQ(call(BPF_OBJ_PIN, &pin), -EEXIST);
	CHECK_EQ(sys_close(skep, fd), 0);
	CHECK(next_map(0) > 0);
	fd = (int)call(BPF_OBJ_GET, &get);
	CHECK(fd >= 0);
	CHECK_EQ(sys_unpin(skep, path), 0);
	CHECK_EQ(sys_unpin(skep, path), -ENOENT);
	CHECK_EQ(call(BPF_OBJ_GET, &get), -ENOENT);
	CHECK_EQ(sys_close(skep, fd), 0);
	CHECK_EQ(next_map(0), -ENOENT);
}

int main(void)
{
	if (sys_create(&(struct skep_config){0}, &skep))
		return EXIT_FAILURE;
	TEST(ids_go_with_the_last_fd);
	TEST(pins_hold);
	sys_free(skep);
	return tap_status();
}
