/* Waiting for fds of bpf(2) in every way there is: what each call answers, and when. */
#include "client.h"

#include <linux/bpf.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* bpf_ringbuf_output(map, 8 bytes of the stack, 8, 0); return 0 */
static int load(int map)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 1},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = 1, .imm = map},
		{.imm = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fill", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

static int run(int prog)
{
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	return bpf_prog_test_run_opts(prog, &opts);
}

static void show_poll(const char *what, int fd, int ms)
{
	struct pollfd fds[2] = {{.fd = -1}, {.fd = fd, .events = POLLIN | POLLRDNORM}};
	int n = poll(fds, 2, ms);

	printf("poll %s: %d %s revents %x\n", what, n, n < 0 ? errno_name(errno) : "",
	       fds[1].revents);
}

static void show_select(const char *what, int fd, long us)
{
	struct timeval tv = {us / 1000000, us % 1000000};
	fd_set in;
	int n;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	n = select(fd + 1, &in, NULL, NULL, &tv);
	printf("select %s: %d %s set %d\n", what, n, n < 0 ? errno_name(errno) : "",
	       n >= 0 && FD_ISSET(fd, &in));
}

static void ring_signal(int signal)
{
	(void)signal;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void late(int ring, int prog)
{
	double start = now();
	pid_t pid = fork();

	if (!pid) {
		usleep(200000);
		_exit(run(prog) != 0);
	}
	show_poll("a ring that is filled later", ring, 5000);
	printf("in time: %d\n", now() - start > 0.15 && now() - start < 3);
	waitpid(pid, NULL, 0);
}

static void interrupted(int ring)
{
	struct sigaction act = {.sa_handler = ring_signal};
	struct itimerval soon = {.it_value = {.tv_usec = 100000}};
	double start = now();

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	show_poll("until a signal", ring, 10000);
	printf("soon: %d\n", now() - start < 3);
}

static void epolls(int ring, int prog, int hash, int simple)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 77}, out = {0};
	int set = epoll_create1(0), copy = dup(ring);

	SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ring, &event));
	SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ring, &event));
	SHOW(epoll_ctl(set, EPOLL_CTL_ADD, simple, &event));
	SHOW(epoll_wait(set, &out, 1, 0));
	run(prog);
	SHOW(epoll_wait(set, &out, 1, 1000));
	printf("events %x data %llu\n", out.events, (unsigned long long)out.data.u64);
	event.data.u64 = 78;
	SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ring, &event));
	SHOW(epoll_ctl(set, EPOLL_CTL_ADD, copy, &event));
	SHOW(epoll_ctl(set, EPOLL_CTL_DEL, copy, NULL));
	SHOW(epoll_wait(set, &out, 1, 1000));
	printf("events %x data %llu\n", out.events, (unsigned long long)out.data.u64);
	SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ring, NULL));
	SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ring, NULL));
	SHOW(epoll_wait(set, &out, 1, 0));
	SHOW(epoll_ctl(set, EPOLL_CTL_ADD, hash, &event));
	SHOW(epoll_wait(set, &out, 1, 0));
	printf("events %x data %llu\n", out.events, (unsigned long long)out.data.u64);
	close(copy);
	close(set);
}

int main(void)
{
	int ring = map_or_die(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, NULL);
	int hash = map_or_die(BPF_MAP_TYPE_HASH, 4, 4, 4, NULL), prog = load(ring);

	show_poll("a program", prog, 0);
	show_poll("a hash", hash, -1);
	show_poll("an empty ring", ring, 50);
	show_poll("no fd", 999, -1);
	show_select("a hash", hash, 0);
	show_select("an empty ring", ring, 50000);
	show_select("no fd", 999, 0);
	interrupted(ring);
	late(ring, prog);
	show_poll("a ring with a record", ring, -1);
	show_select("a ring with a record", ring, 1000000);
	ring = map_or_die(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, NULL);
	epolls(ring, load(ring), hash, prog);
	return 0;
}
