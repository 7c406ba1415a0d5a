/* The fd table's entries, for file.c, which makes and finds them, and closed.c, which ends them. */
#ifndef SKEP_SYS_FILE_H
#define SKEP_SYS_FILE_H

#include <sys/types.h>

#include "sys/internal.h"

struct sys_file {
	struct sys_file *next_mode;  /* of the same object */
	struct sys_file *next;       /* in its bucket; of a chain of dead ones */
	struct sys_file *next_watch; /* in its bucket of watches */
	struct obj *obj;
	dev_t dev;
	ino_t ino;
	struct sys_file *next_doubt; /* among those to be asked again: closed.c */
	u64 doubt_until;             /* CLOCK_MONOTONIC; 0: not among them */
	int fd;        /* ours, O_RDONLY: leases count readers, and a memfd's first file is none */
	int watch;     /* inotify's number for it, or -1 */
	u32 mode;      /* what its fds may do; 0: as each was opened */
	u8 restricted; /* of those some are not O_RDWR */
	u8 was_only;   /* detached: the object has no other */
	u8 last;       /* set by file_detach: no pin holds the object either */
	u32 given;     /* fds given out that sys_close has not seen */
};

/* Take it out of the table.  Needs the lock. */
void file_detach(struct sys *sys, struct sys_file *file);

/* Free a chain of detached files.  Not under the lock: freeing an object may free others. */
void files_free(struct skep *skep, struct sys_file *chain);

/* closed.c.  All but file_alone need the lock. */

/* Does nobody but us have the inode open?  1, 0, or -1: this kernel does not tell. */
int file_alone(const struct sys_file *file);
/* Have its closes told, when they are watched at all. */
void file_watch(struct sys *sys, struct sys_file *file);
void file_unwatch(struct sys *sys, struct sys_file *file);

#endif
