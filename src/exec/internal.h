/*
 * What the files of exec/ share.  A client's system call arrives as a notice; the row of its number
 * (syscalls.def) names the function that serves it.  Who adds a system call writes that function in
 * a file of its own, and the row.
 */
#ifndef SKEP_EXEC_INTERNAL_H
#define SKEP_EXEC_INTERNAL_H

#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/usercopy.h"
#include "exec/exec.h"
#include "sys/sys.h"

struct exec;
struct folder;
struct notice;
struct tree;

/* ---- syscalls.def ---- */

/* On the low 32 bits of an argument, but for COND_SET, which means all 64 of a pointer. */
enum cond_op { COND_NONE, COND_EQ /* (arg & mask) == value */, COND_SET /* arg != 0 */ };

struct cond {
	u8 op, arg;
	u32 mask, value;
};

enum { ROW_CONDS = 2 };

/* A system call that we want to see when all conditions hold. */
struct row {
	int nr;
	const char *name;
	struct cond when[ROW_CONDS];
	/* The result or -errno; or one of the two below. */
	long (*serve)(struct notice *n);
	u8 only_as_root; /* not watched without --as-root */
};

/* What serve returns besides results, which Linux keeps above -4096. */
enum { NOTICE_CONTINUE = -5000 /* the kernel shall do it, as if nobody had looked */ };

extern const struct row rows[];
extern const u32 nr_rows;

/* Another row may watch the same number under other conditions: the function is the same. */
const struct row *row_by_nr(int nr);

#define SYSCALL(name, when, serve) long serve(struct notice *n);
#define SYSCALL_AS_ROOT(name, serve) long serve(struct notice *n);
#define WHEN(...)
#include "exec/syscalls.def"
#undef SYSCALL
#undef SYSCALL_AS_ROOT
#undef WHEN

/* ---- probe.c: how the tree is served ---- */

enum { STAT_ROWS = 128 };

struct plan {
	bool as_root; /* with the rows of --as-root */
	bool traced;  /* by ptrace; or by notification */
	/* By row: the errno with which a filter that is there already answers the call, or 0. */
	u8 denied[STAT_ROWS];
};

/* What works here, or the mode that the options ask for.  0, or -errno after a message. */
int plan_make(const struct exec_options *options, struct plan *plan);

/* ---- notice.c: a call that waits for its answer ---- */

enum { NOTIF_ROOM = 256 };

struct notice {
	struct exec *exec;
	struct tree *tree;
	union {
		struct seccomp_notif call; /* .pid: the thread that called; .data.args */
		u8 room[NOTIF_ROOM];       /* a later Linux may tell more */
	};
	const struct row *row;
	int result_fd;       /* ours, becomes the result; or -1 */
	u32 result_flags;    /* O_CLOEXEC or 0: of the client's copy */
	u64 bytes;           /* copied from and to the client */
	int yielded;         /* this thread is no longer the one that receives */
	_Atomic u32 gone;    /* nobody waits for the answer any more: stop */
	struct notice *next; /* among the yielded, under exec->lock */
};

/* The call that the calling thread serves. */
struct notice *notice_current(const struct exec *exec);

/* Call the function of the row; the result, which nobody has been given yet. */
long notice_serve(struct notice *n);

/* May that take longer than another client should wait? */
int notice_may_wait(const struct notice *n);

/* Does its thread still wait, so that .pid still means it? */
int notice_valid(const struct notice *n);

/* This may take long: another thread shall receive from now on.  May be called again. */
void notice_yield(struct notice *n);

/* The result is this fd of ours, which is taken: 0.  flags: O_CLOEXEC or 0. */
long notice_result_fd(struct notice *n, int fd, u32 flags);

/* Set `gone` of the yielded whose clients were killed.  How many there are. */
u32 notices_check(struct exec *exec);

/* ---- client.c: the calling thread's memory, fds, identity; all hostile ---- */

/* 0 or -EFAULT.  What was copied is one moment's; never read twice what has been checked. */
int client_read(struct notice *n, void *to, u64 from, u64 size);
int client_write(struct notice *n, u64 to, const void *from, u64 size);
/* A string with its NUL: 0, -EFAULT, -ENAMETOOLONG (it does not fit into room). */
int client_string(struct notice *n, char *to, u64 from, u32 room);

/* An fd of ours with the file behind the client's; or -EBADF.  The caller closes it. */
int client_fd(struct notice *n, int fd);

/*
 * Objects behind a client's fds are sys/'s to find: sys_obj_by_fd and the like work while the
 * notice is served.
 */

/* A pidfd of the thread, the caller's to close; or -EBADF. */
int client_pidfd(struct notice *n);

/* Its process: /proc/PID. */
pid_t client_pid(struct notice *n);

/* Threads whose pidfds are kept: pidfd_open costs more than what it is needed for. */
struct client {
	pid_t tid;
	int pidfd;
};
enum { CLIENTS = 256 };

struct clients {
	pthread_mutex_t lock; /* guards the slots, and keeps a pidfd open while it is used */
	struct client slot[CLIENTS];
};
void clients_create(struct clients *clients);
void clients_destroy(struct clients *clients);

/* ---- tree.c: one process tree under one filter, and the threads that serve it ---- */

#define TREE_SIGNAL SIGRTMIN /* has a handler that does nothing */

struct tree {
	struct exec *exec;
	int listener;
	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t turn;  /* the receiver stepped down */
	int receiving;        /* a thread is in the loop that receives: */
	pthread_t receiver;
	_Atomic int ended; /* the last of the tree is gone: threads leave; set under the lock */
	u32 threads, idle;
	pthread_cond_t left; /* threads has become 0 */
};

/* Start serving the listener, which is taken.  0 or -errno. */
int tree_create(struct exec *exec, int listener, struct tree **out);
/* After the listener hung up, or to stop: waits for its threads. */
void tree_free(struct tree *tree);

/* ---- ready.c: what clients wait for (ready.h has the rest) ---- */

struct ready;
struct readies {
	pthread_mutex_t
		lock; /* guards first and all below it; nothing is locked before it but sys */
	struct ready *first;
	_Atomic u32 count;
	int broken; /* an fd that always polls as being in error */
};
int ready_create(struct readies *all);
void ready_destroy(struct exec *exec);
/* Set those that have something, clear the others: a client is about to wait. */
void ready_update(struct exec *exec);
/* A program wrote into this buffer and says that its reader should know. */
void ready_output(struct skep *skep, struct obj *obj);
/* The last fd of it is gone. */
void ready_forget(struct exec *exec, const struct obj *obj);

/* ---- stats.c ---- */

struct stat_row {
	_Atomic u64 calls, ns, bytes;
};
struct stats {
	struct stat_row bpf[STAT_ROWS];    /* by command */
	struct stat_row others[STAT_ROWS]; /* by row */
};
void stats_count(struct notice *n, u64 ns);
void stats_print(const struct exec *exec);

/* ---- filter.c ---- */

/*
 * Put the calling process under the filter of all rows.  The listener, O_CLOEXEC (traced: 0), or
 * -errno.
 */
int filter_install(const struct plan *plan);

/* ---- kin.c ---- */

/* What is remembered of threads or processes: kin.h. */
struct kin;
struct kin_list {
	struct kin *first;
	void (*free)(struct exec *exec, struct kin *kin); /* all but the pidfd */
};
void kin_clear(struct exec *exec, struct kin_list *list);

/* ---- supervisor.c: the whole ---- */

struct exec {
	struct skep *skep;
	struct exec_options options;
	struct sys_caller caller; /* what skep->caller points to */
	struct usercopy usercopy; /* what skep->usercopy points to */
	pthread_key_t current;    /* struct notice * of the thread */
	pthread_mutex_t lock;     /* guards yielded, folders, cap_threads, cwds */
	struct notice *yielded;
	struct folder *folders;      /* of the bpffs that clients opened */
	struct kin_list cap_threads; /* what threads may: caps.c */
	struct kin_list cwds;        /* processes that are in a bpffs: cwd.c */
	int closes;                  /* polls readable when clients closed fds */
	int wake;                    /* an eventfd that ends the housekeeper's sleep */
	_Atomic u32 sleeping;        /* it sleeps for ever */
	struct clients clients;
	struct stats stats;
	struct readies readies;
	int doubts;           /* whether all closes have been seen */
	_Atomic u32 remarked; /* that nothing fires what is attached */
};

/* The supervisor that an instance belongs to. */
struct exec *exec_of(const struct skep *skep);

/* ---- cwd.c ---- */

void cwd_free(struct exec *exec, struct kin *kin);

/* ---- caps.c ---- */

struct cap_sets {
	u64 effective, permitted, inheritable;
};

void cap_thread_free(struct exec *exec, struct kin *kin);
/* enum cap_flag that the calling thread lacks: sys_caller's. */
u32 caps_lacking(struct skep *skep);
/* A line of /proc/PID/status about capabilities, rewritten: 1; 0 for all others. */
int caps_tell(struct notice *n, const char *line, FILE *out);

/* ---- folder.c ---- */

void folders_destroy(struct exec *exec);

/* ---- supervisor.c ---- */

/* There is something to check now and then: notices_check. */
void exec_wake(struct exec *exec);

/* 0 or -errno */
int exec_create(const struct exec_options *options, struct exec **out);
void exec_free(struct exec *exec);

/*
 * Until something happens: to one of the caller's fds, which begin at EXEC_FDS, or to the instance,
 * which is taken care of.
 */
enum { EXEC_FDS = 2 };
struct pollfd;
void exec_sleep(struct exec *exec, struct pollfd *fds, u32 n);

/* ---- process.c: our process, and the program that it starts ---- */

struct process {
	const struct plan *plan; /* by which it was launched */
	struct rlimit fd_limit;  /* the two that the program shall have, as we were started */
	sigset_t mask;
	int signals; /* signalfd: then process_signals */
	/* what launch fills in */
	pid_t pid;
	int pidfd;
	int listener; /* of its filter */
	int go;       /* closing it lets the program start */
	int failure;  /* what kept it from starting can be read here: an errno, or end of file */
	int status;   /* as wait tells it */
	bool ended;
	bool traced; /* a tracer waits for it */
};

/* Signals, limits, orphans.  0, or -1 after a message. */
int process_prepare(struct process *p);
/* What the terminal sends reaches the program without us; what was sent to us is meant for it. */
void process_signals(struct process *p);
void process_reap(struct process *p);
void process_kill(struct process *p);
/* The terminal stopped it: so that our shell sees it, we stop too, and then continue it. */
void process_stopped(struct process *p, int signal);
/* The exit status; or we end by the signal that ended the program. */
int process_conclude(struct process *p, char **argv);

/* "skep: ..." on stderr */
__attribute__((format(printf, 1, 2))) void exec_say(const char *fmt, ...);

/* ---- bpf.c ---- */

/*
 * A process has one listener at most: what is started under a supervisor stays under it.  No Linux
 * has a command of this number.
 */
enum { BPF_ARE_YOU_SKEP = 0x736b6570, BPF_I_AM_SKEP = 0x68697665 };
int bpf_is_served(void);

/* ---- launch.c ---- */

/* Fork, put the child under the filter, have it wait.  0 or -errno after a message. */
int launch(struct process *p, const struct plan *plan, char **argv);

/* ---- tracer.c ---- */

/*
 * Serve the program, whose plan says so, and its tree by ptrace.  `done` polls
 * readable when the last has ended.  0 or -errno.
 */
struct tracer;
int tracer_create(struct exec *exec, struct process *p, struct tracer **out, int *done);
void tracer_free(struct tracer *t); /* then */

/* ---- cache.c ---- */

/* What --preload says, into the environment that the program gets.  0, or -errno after a message.
 */
int cache_prepare(const struct exec_options *options);

/* ---- name.c: named instances meet at an abstract socket; both sides must be the same user ---- */

struct hello {
	u32 version;   /* HELLO_VERSION */
	u32 what;      /* enum hello_what */
	pid_t program; /* JOIN: of the tree, which waits; its listener comes with the message */
};
enum { HELLO_VERSION = 1 };
enum hello_what { HELLO_JOIN, HELLO_STOP };

/* What the server answers with: at once 0 or -errno, and after 0, when the tree has ended, 1. */
struct hello_answer {
	s32 result;
};

/* A listening socket, or -errno (-EADDRINUSE: there is one of this name). */
int name_listen(const char *name);
/* A connection to the server of that name, or -errno: -ECONNREFUSED, -EPERM (another user's). */
int name_connect(const char *name);
/* The next that wants something: 0, -EPERM for other users, who have been told, or -errno. */
int name_accept(int socket, int *connection);
/* fd may be -1.  0 or -errno. */
int name_send(int connection, const void *message, size_t size, int fd);
int name_receive(int connection, void *message, size_t size, int *fd);

#endif
