/*
 * Where named instances are met: an abstract socket (no file is left behind), SEQPACKET, so that a
 * message is whole.  The name is anybody's to take: each side asks the kernel who the other is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "exec/internal.h"

enum { NAME_LONGEST = 64, BACKLOG = 64 };

bool exec_name_valid(const char *name)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(name);

	return len && len <= NAME_LONGEST && strspn(name, good) == len;
}

static socklen_t address(const char *name, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(out->sun_path + 1, sizeof(out->sun_path) - 1, "skep/%s",
					    name));
}

static int is_same_user(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       peer.uid == geteuid();
}

int name_listen(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;
	struct sockaddr_un at;
	socklen_t size = address(name, &at);

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, size) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int name_connect(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err = 0;
	struct sockaddr_un at;
	socklen_t size = address(name, &at);

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&at, size))
		err = -errno;
	else if (!is_same_user(fd))
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int name_accept(int socket, int *connection)
{
	struct hello_answer no = {-EPERM};
	int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (is_same_user(fd)) {
		*connection = fd;
		return 0;
	}
	name_send(fd, &no, sizeof(no), -1);
	close(fd);
	return -EPERM;
}

int name_send(int connection, const void *message, size_t size, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)message, size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *c = &control.align;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(connection, &msg, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -EIO;
}

int name_receive(int connection, void *message, size_t size, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {message, size};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(connection, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	int got = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&got, CMSG_DATA(c), sizeof(got));
	if (fd)
		*fd = got;
	else if (got >= 0)
		close(got);
	return n == (ssize_t)size ? 0 : -EIO;
}
