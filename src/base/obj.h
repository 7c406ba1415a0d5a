/*
 * What maps, programs, BTFs and links have in common: a reference count, an id, an owner.  Upper
 * layers embed struct obj first; lower ones keep pointers to it without knowing more.
 */
#ifndef SKEP_BASE_OBJ_H
#define SKEP_BASE_OBJ_H

#include <stdatomic.h>

#include "base/epoch.h"
#include "base/types.h"

struct skep;
struct obj;
struct sys_file;

enum obj_kind { OBJ_MAP, OBJ_PROG, OBJ_BTF, OBJ_LINK, OBJ_STATS, OBJ_PERF, OBJ_KINDS };

struct obj {
	_Atomic u32 refs;
	u32 id; /* 0 until published, unique within its kind */
	enum obj_kind kind;
	struct skep *skep;             /* borrowed: the instance outlives its objects */
	void (*free)(struct obj *obj); /* called once, when no run can see it any more */
	struct retired retired;        /* between the last put and free */
	struct sys_file *file;         /* its fds, or NULL: sys/file.c, under its lock */
	u32 pins;                      /* names that hold it: sys/bpffs.c, under the same lock */
	_Atomic u32 users;             /* its files and its pins: who is outside of programs */
};

/* refs = 1, no id.  The caller sets the rest of the object afterwards. */
void obj_init(struct obj *obj, struct skep *skep, enum obj_kind kind, void (*free)(struct obj *));

/* Give the object an id that its kind does not use, and make it findable.  0 or -ENOMEM, -ENOSPC.
 */
int obj_publish(struct obj *obj);

void obj_get(struct obj *obj);

/* 0 when the last reference has gone already: it is on its way out. */
int obj_get_live(struct obj *obj);

/* Drop a reference; the last one takes the id back and frees, after an epoch. */
void obj_put(struct obj *obj);

/* A strong reference to the object with this id, or NULL. */
struct obj *obj_by_id(struct skep *skep, enum obj_kind kind, u32 id);

/* The lowest id above `after`, or 0 when there is none. */
u32 obj_next_id(struct skep *skep, enum obj_kind kind, u32 after);

#endif
