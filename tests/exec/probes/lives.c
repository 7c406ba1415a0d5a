/* What holds an object: fds however they come and go, and nothing else. */
#include <sched.h>
#include <sys/socket.h>

#include "probe.h"

static int make(void)
{
	return map_create(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
}

static void pass_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	sendmsg(socket, &msg, 0);
}

static void check_exec(const char *self)
{
	char number[16];
	int fd = make(), status;

	fcntl(fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", fd);
	if (!fork()) {
		execl(self, self, number, NULL);
		_exit(99);
	}
	wait(&status);
	say("an fd means the same after exec", WIFEXITED(status) && !WEXITSTATUS(status));
	close(fd);
	say("and is gone afterwards", !first_map());
}

static void check_scm(void)
{
	int pair[2], fd = make();

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pass_fd(pair[0], fd);
	close(fd);
	say("one in flight holds it", first_map() != 0);
	close(pair[0]);
	close(pair[1]);
	say("until the socket is closed", !first_map());
}

static void check_vfork(void)
{
	int fd;
	pid_t pid = vfork();

	if (!pid) {
		fd = make();
		_exit(fd < 0);
	}
	waitpid(pid, &fd, 0);
	say("a child of vfork makes one", WIFEXITED(fd) && !WEXITSTATUS(fd));
	say("that ends with it", !first_map());
}

static void check_fork(void)
{
	int fd = make(), status;
	unsigned key = 0, value;
	pid_t pid = fork();

	if (!pid)
		_exit(map_lookup(fd, &key, &value) != 0);
	waitpid(pid, &status, 0);
	say("a child has it", WIFEXITED(status) && !WEXITSTATUS(status));
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(fd);
	say("a child holds it", first_map() != 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	say("until it is killed", !first_map());
}

int main(int argc, char **argv)
{
	unsigned key = 0, value;
	void *at;
	int fd, copy;

	if (argc > 1)
		return map_lookup(atoi(argv[1]), &key, &value) != 0;
	say("there is none at first", !first_map());
	fd = make();
	say("an fd holds it", first_map() != 0);
	copy = dup(fd);
	close(fd);
	say("a copy holds it", first_map() != 0 && !map_lookup(copy, &key, &value));
	dup2(0, copy);
	say("dup2 over it lets go", !first_map() && map_lookup(copy, &key, &value) < 0 &&
					    errno == EINVAL);
	close(copy);
	fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 4096, 1, BPF_F_MMAPABLE);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	say("a mapping holds it", first_map() != 0);
	munmap(at, 4096);
	say("until it is unmapped", !first_map());
	check_fork();
	check_vfork();
	check_exec(argv[0]);
	check_scm();
	return 0;
}
