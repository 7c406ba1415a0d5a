/*
 * Loading BPF objects (ELF files that clang made) into an instance.
 *
 * libskep has a libbpf of its own that nobody sees.  libskep-bpf has the same functions and exports
 * libbpf's too: there skep_use tells which instance libbpf's calls reach.
 */
#ifndef SKEP_LOAD_H
#define SKEP_LOAD_H

#include <stddef.h>

#include "skep/skep.h"

#ifdef __cplusplus
extern "C" {
#endif

struct skep_object;

/* Zero a member for its default; set size to sizeof(struct skep_object_opts). */
struct skep_object_opts {
	size_t size;
	char *log; /* gets the reason when loading fails, with the verifier's log; NUL-terminated */
	size_t log_size;
	const char *program;  /* load this one alone, by function or section name, not all */
	const char *btf_path; /* kernel types for CO-RE: the host's */
};

/*
 * Open the file, make its maps and load its programs.  0 or -errno; opts may be NULL.  The object
 * goes with skep_object_free, before its instance; what skep_object_prog gave outlives it.
 */
int skep_object_load(struct skep *skep, const char *path, const struct skep_object_opts *opts,
		     struct skep_object **out);
void skep_object_free(struct skep_object *object);

/* A program by function or section name (NULL: the only one).  0, -ENOENT, -ENOTUNIQ. */
int skep_object_prog(struct skep_object *object, const char *name, struct skep_prog **out);

/* The fd of a map, for skep_bpf; the object keeps it.  -ENOENT when there is none of that name. */
int skep_object_map(struct skep_object *object, const char *name);

/*
 * From now on, libbpf's calls in this thread reach this instance; NULL: one that the process has
 * for them, made at the first call.  Returns what was set before.
 *
 * libbpf remembers once a process what "the kernel" can do.  It forgets that here when the instance
 * is another Linux version than the last, and skep_object_load keeps versions apart; but libbpf's
 * own loading, in several threads at once, is to be of one version.
 */
struct skep *skep_use(struct skep *skep);

#ifdef __cplusplus
}
#endif
#endif
