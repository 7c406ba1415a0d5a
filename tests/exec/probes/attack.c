/* What a client tries with the fds it was given: all of it has to fail. */
#include <sys/stat.h>

#include "probe.h"

static int reopen(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

/* Whether writing through a mapping of the fd is refused. */
static int unmappable(int fd)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return 1;
	munmap(at, 4096);
	return 0;
}

static void attack_size(int fd, const char *name)
{
	int again = reopen(fd, O_RDWR);
	struct stat before, after;
	char text[64];

	fstat(fd, &before);
	(void)!ftruncate(fd, 0);
	(void)!ftruncate(again, 0);
	(void)!ftruncate(fd, 1 << 20);
	(void)!ftruncate(again, 1 << 20);
	fstat(fd, &after);
	snprintf(text, sizeof(text), "%s keeps its size", name);
	say(text, before.st_size == after.st_size);
	close(again);
}

static void attack_frozen(void)
{
	union bpf_attr attr = {0};
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 4096, 4, BPF_F_MMAPABLE), again;
	unsigned key = 0;
	static char value[4096] = "before";

	map_update(fd, &key, value);
	attack_size(fd, "an array");
	attr.map_fd = (unsigned)fd;
	say("it freezes", !sys_bpf(BPF_MAP_FREEZE, &attr));
	again = reopen(fd, O_RDWR);
	say("frozen, it is not mapped writable", unmappable(fd));
	say("nor opened anew", again < 0 || unmappable(again));
	say("nor written", write(fd, "after", 5) < 0 && (again < 0 || write(again, "after", 5) < 0));
	say("and can be read", !map_lookup(fd, &key, value) && !strcmp(value, "before"));
}

static void attack_ring(void)
{
	int fd = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	unsigned long *at;

	attack_size(fd, "a ring buffer");
	say("its data is not mapped writable",
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096) == MAP_FAILED);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("its consumer's page is", at != MAP_FAILED);
	if (at != MAP_FAILED)
		*at = 0xfffffffffffffff8ul;
}

/* An fd that may only read stays one. */
static void attack_mode(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, BPF_F_RDONLY), again = reopen(fd, O_RDWR);
	unsigned key = 1;

	say("a read-only map is not written", map_update(fd, &key, &key) < 0 && errno == EPERM);
	say("nor when it is opened anew", again < 0 || map_update(again, &key, &key) < 0);
	close(fd);
	close(again);
}

/* Reads of attr from memory that another thread takes away, wild addresses and sizes. */
static void attack_attr(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
	unsigned key = 0;

	say("a wild attr is EFAULT", syscall(SYS_bpf, BPF_MAP_CREATE, 8L, 72) < 0 && errno == EFAULT);
	say("a kernel's too", syscall(SYS_bpf, BPF_MAP_CREATE, -4096L, 72) < 0 && errno == EFAULT);
	say("a huge one is E2BIG", syscall(SYS_bpf, 0, &key, 1 << 30) < 0 && errno == E2BIG);
	say("a wild key is EFAULT", map_lookup(fd, (void *)8, &key) < 0 && errno == EFAULT);
	say("an fd that is none is EBADF", map_lookup(12345, &key, &key) < 0 && errno == EBADF);
	say("one that is no map EINVAL", map_lookup(0, &key, &key) < 0 && errno == EINVAL);
}

int main(void)
{
	int prog = prog_load(), map = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);

	attack_size(prog, "a program");
	attack_size(map, "a hash");
	say("a hash is not mapped", unmappable(map));
	attack_frozen();
	attack_ring();
	attack_mode();
	attack_attr();
	say("and all goes on", map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0) >= 0);
	return 0;
}
