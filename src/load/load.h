/*
 * libbpf bound to an instance.  Its object code is the distribution's, private to us: the system
 * calls it makes are renamed (libbpf.syms) to the functions of shim.h, which answer for the
 * instance that the calling thread uses.
 */
#ifndef SKEP_LOAD_LOAD_H
#define SKEP_LOAD_LOAD_H

#include <stdarg.h>

#include "base/abi.h"
#include "base/types.h"
#include "skep/load.h"

struct bpf_object;
struct bpf_program;

/* The instance that libbpf's calls of this thread reach; NULL when one cannot be made. */
struct skep *load_current(void);

/* A text that grows, of lines that end in newlines; text is NULL while there is none. */
struct load_log {
	char *text;
	size_t len, room;
};

/* Returns err.  log may be NULL. */
__attribute__((format(printf, 3, 4))) int load_say(struct load_log *log, int err, const char *fmt,
						   ...);
void load_vsay(struct load_log *log, const char *fmt, va_list args);
void load_log_free(struct load_log *log);

/* Collect libbpf's complaints in this thread (NULL: they go to stderr).  Returns the former. */
struct load_log *load_log_to(struct load_log *log);

enum load_pick {
	LOAD_ALL, /* every program that loads by itself */
	LOAD_ONE, /* the one that `program` names, or the only one, and what prog arrays hold */
};

struct load_options {
	enum load_pick pick;
	const char *program;  /* a function or section name, or NULL */
	const char *btf_path; /* kernel types for CO-RE, or NULL */
	struct load_log *log; /* gets the reason of a failure */
};

struct loaded {
	struct bpf_object *object;
	struct bpf_program *program; /* NULL with LOAD_ALL */
};

/*
 * Read and check the file, let libbpf open it for load_current(), and pick.  0 or -errno; then the
 * log says which file, section or program and what is wrong.
 */
int load_open(const char *path, const struct load_options *options, struct loaded *out);

/* The program that a name means (NULL: the only one).  0, -ENOENT, -ENOTUNIQ. */
int load_find(const struct bpf_object *object, const char *name, struct load_log *log,
	      struct bpf_program **out);

/* Create its maps, load its picked programs.  0 or -errno, said in the log. */
int load_object(struct bpf_object *object, struct load_log *log);

#endif
