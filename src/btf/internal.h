/*
 * Checking a BTF: two phases, each a table by kind.
 *   meta      every record on its own, in order: sizes, names, numbers in range
 *   resolve   what records refer to: existence, loops, sizes of arrays, places of members
 */
#ifndef SKEP_BTF_INTERNAL_H
#define SKEP_BTF_INTERNAL_H

#include "btf/btf.h"

enum { RESOLVE_DEPTH_MAX = 32, KINDS = BTF_KIND_MAX + 1 };

enum phase { CHECK_META, CHECK_TYPES };

/* What resolving from here has to reach before it may stop. */
enum resolve_mode {
	RESOLVE_TBD,             /* the first type on the stack decides */
	RESOLVE_PTR,             /* past modifiers and pointers */
	RESOLVE_STRUCT_OR_ARRAY, /* past modifiers, structs and arrays */
};

enum { NOT_VISITED, VISITED, RESOLVED };

/* A type that is being resolved. */
struct vertex {
	const struct btf_type *t;
	u32 id;
	u32 next_member; /* structs and data sections: where to go on */
};

struct env {
	struct btf *btf;
	const struct os *os;
	struct log *log;
	u32 id; /* of the type that messages are about */
	enum phase phase;
	enum resolve_mode mode;
	u8 *visit; /* by id */
	u32 depth;
	struct vertex stack[RESOLVE_DEPTH_MAX];
};

struct kind_ops {
	const char *name;
	u8 tail, per_item; /* bytes after the record: always, and for each of vlen */
	int (*check_meta)(struct env *env, const struct btf_type *t);
	void (*details)(struct env *env, const struct btf_type *t);
};

extern const struct kind_ops kind_ops[KINDS];

static inline int kind_is(const struct btf_type *t, u32 mask)
{
	return t && (1u << btf_kind(t) & mask);
}

/* An int whose bits are whole bytes of a number that machines have: 1, 2, 4, 8 or 16. */
static inline int int_is_regular(const struct btf_type *t)
{
	u32 data = btf_int_data(t), bits = BTF_INT_BITS(data);

	return !BTF_INT_OFFSET(data) && bits >= 8 && bits <= 128 && !(bits & (bits - 1));
}

#define K(kind) (1u << BTF_KIND_##kind)
enum {
	KIND_MODIFIERS = K(TYPEDEF) | K(VOLATILE) | K(CONST) | K(RESTRICT) | K(TYPE_TAG),
	KIND_STRUCTS = K(STRUCT) | K(UNION),
	/* a type whose size is in its record */
	KIND_SIZED = K(INT) | KIND_STRUCTS | K(ENUM) | K(DATASEC) | K(FLOAT) | K(ENUM64),
	KIND_SIZELESS = K(UNKN) | K(FWD) | K(FUNC) | K(FUNC_PROTO) | K(DECL_TAG),
	/* only ever refer, are never referred to */
	KIND_SOURCES = K(VAR) | K(DECL_TAG) | K(DATASEC),
	KIND_RESOLVE = KIND_MODIFIERS | K(PTR) | KIND_STRUCTS | K(ARRAY) | K(VAR) | K(FUNC) |
		       K(DECL_TAG) | K(DATASEC),
};

/* log.c: all of them may be called without a log */
__attribute__((format(printf, 2, 3))) void env_log(struct env *env, const char *fmt, ...);
__attribute__((format(printf, 3, 4))) void log_type(struct env *env, const struct btf_type *t,
						    const char *fmt, ...);
/* the same without the kind's details */
__attribute__((format(printf, 3, 4))) void log_type_basic(struct env *env, const struct btf_type *t,
							  const char *fmt, ...);
__attribute__((format(printf, 4, 5))) void log_member(struct env *env, const struct btf_type *t,
						      const struct btf_member *m, const char *fmt,
						      ...);
__attribute__((format(printf, 4, 5))) void log_secinfo(struct env *env, const struct btf_type *t,
						       const struct btf_var_secinfo *s,
						       const char *fmt, ...);
/* "(anon)", "(invalid-name-offset)", or the name */
const char *log_name(const struct env *env, u32 off);

/* name.c */
int name_off_valid(const struct btf *btf, u32 off);
int name_is_identifier(const struct btf *btf, u32 off);
int name_is_section(const struct btf *btf, u32 off);

/* resolve.c: phase two.  0 or -errno */
int resolve_all(struct env *env);

/* member.c: does the member fit in there, and its struct around it?  0 or -EINVAL */
int check_member(struct env *env, const struct btf_type *parent, const struct btf_member *m);

/* parse.c: walk the records of a kernel's BTF, which need no second phase.  0 or -errno */
int parse_trusted(struct btf *btf);

/* index.c */
struct btf *btf_alloc(struct skep *skep, u8 *data, u32 size);
int index_build(struct btf *btf);
const struct btf_type *type_at(const struct btf *btf, u32 id); /* void for 0 */
/* Follow *id to the type that has a size: Linux's btf_type_id_size.  size may be NULL. */
const struct btf_type *sized_type(const struct btf *btf, u32 *id, u32 *size);

/* fields.c: the special fields of structs that programs allocate; 0 or -errno */
int check_struct_fields(struct btf *btf);

#endif
