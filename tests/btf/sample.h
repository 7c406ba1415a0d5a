/* A small BTF with every kind in it, built piece by piece: what tests load, and spoil. */
#ifndef SKEP_TESTS_BTF_SAMPLE_H
#define SKEP_TESTS_BTF_SAMPLE_H

#include <string.h>

#include "base/abi.h"
#include "base/types.h"

struct sample {
	u32 words[1024];
	u32 nr_words;
	u32 nr_types; /* the last id given */
	char strings[2048];
	u32 str_len;
};

static u32 sample_name(struct sample *s, const char *name)
{
	u32 at = s->str_len;

	if (!name)
		return 0;
	memcpy(s->strings + at, name, strlen(name) + 1);
	s->str_len += (u32)strlen(name) + 1;
	return at;
}

static u32 sample_type(struct sample *s, const char *name, u32 kind, u32 vlen, u32 size_or_type)
{
	s->words[s->nr_words++] = sample_name(s, name);
	s->words[s->nr_words++] = kind << 24 | vlen;
	s->words[s->nr_words++] = size_or_type;
	return ++s->nr_types;
}

static void sample_word(struct sample *s, u32 word)
{
	s->words[s->nr_words++] = word;
}

static void sample_member(struct sample *s, const char *name, u32 type, u32 off)
{
	sample_word(s, sample_name(s, name));
	sample_word(s, type);
	sample_word(s, off);
}

/* Types whose ids tests use. */
enum {
	SAMPLE_INT = 1,
	SAMPLE_U64 = 2,
	SAMPLE_PAIR = 3,   /* struct of two ints */
	SAMPLE_LOCK = 4,   /* bpf_spin_lock */
	SAMPLE_LOCKED = 5, /* a lock and an int */
	SAMPLE_TIMER = 6,  /* bpf_timer */
	SAMPLE_TIMED = 7,  /* a timer and a u64 */
	SAMPLE_PROTO = 8,  /* int (struct pair *) */
	SAMPLE_FUNC = 9,
};

static void sample_basic(struct sample *s)
{
	sample_type(s, "int", BTF_KIND_INT, 0, 4);
	sample_word(s, BTF_INT_SIGNED << 24 | 32);
	sample_type(s, "u64", BTF_KIND_INT, 0, 8);
	sample_word(s, 64);
	sample_type(s, "pair", BTF_KIND_STRUCT, 2, 8);
	sample_member(s, "a", SAMPLE_INT, 0);
	sample_member(s, "b", SAMPLE_INT, 32);
	sample_type(s, "bpf_spin_lock", BTF_KIND_STRUCT, 1, 4);
	sample_member(s, "val", SAMPLE_INT, 0);
	sample_type(s, "locked", BTF_KIND_STRUCT, 2, 8);
	sample_member(s, "lock", SAMPLE_LOCK, 0);
	sample_member(s, "n", SAMPLE_INT, 32);
	sample_type(s, "bpf_timer", BTF_KIND_STRUCT, 2, 16);
	sample_member(s, NULL, SAMPLE_U64, 0);
	sample_member(s, NULL, SAMPLE_U64, 64);
	sample_type(s, "timed", BTF_KIND_STRUCT, 2, 24);
	sample_member(s, "timer", SAMPLE_TIMER, 0);
	sample_member(s, "n", SAMPLE_U64, 128);
	sample_type(s, NULL, BTF_KIND_FUNC_PROTO, 1, SAMPLE_INT);
	sample_word(s, sample_name(s, "p"));
	sample_word(s, 10);
	sample_type(s, "main", BTF_KIND_FUNC, BTF_FUNC_GLOBAL, SAMPLE_PROTO);
	sample_type(s, NULL, BTF_KIND_PTR, 0, SAMPLE_PAIR); /* 10 */
}

/* The kinds that the first ten types leave out, and ways to refer. */
static void sample_all_kinds(struct sample *s)
{
	sample_type(s, NULL, BTF_KIND_ARRAY, 0, 0); /* 11: int[3] */
	sample_word(s, SAMPLE_INT);
	sample_word(s, SAMPLE_INT);
	sample_word(s, 3);
	sample_type(s, "node", BTF_KIND_STRUCT, 3, 32); /* 12 */
	sample_member(s, "next", 13, 0);
	sample_member(s, "rows", 11, 64);
	sample_member(s, "f", 20, 192);
	sample_type(s, NULL, BTF_KIND_PTR, 0, 12);      /* 13 */
	sample_type(s, "either", BTF_KIND_UNION, 2, 8); /* 14 */
	sample_member(s, "i", SAMPLE_INT, 0);
	sample_member(s, "l", SAMPLE_U64, 0);
	sample_type(s, "color", BTF_KIND_ENUM, 2, 4); /* 15 */
	sample_word(s, sample_name(s, "RED"));
	sample_word(s, 0);
	sample_word(s, sample_name(s, "BLUE"));
	sample_word(s, 7);
	sample_type(s, "later", BTF_KIND_FWD, 0, 0);            /* 16 */
	sample_type(s, "node_t", BTF_KIND_TYPEDEF, 0, 12);      /* 17 */
	sample_type(s, NULL, BTF_KIND_VOLATILE, 0, 17);         /* 18 */
	sample_type(s, NULL, BTF_KIND_CONST, 0, 18);            /* 19 */
	sample_type(s, "double", BTF_KIND_FLOAT, 0, 8);         /* 20 */
	sample_type(s, NULL, BTF_KIND_RESTRICT, 0, 13);         /* 21 */
	sample_type(s, "counter", BTF_KIND_VAR, 0, SAMPLE_U64); /* 22 */
	sample_word(s, 1);
	sample_type(s, "head", BTF_KIND_VAR, 0, 21); /* 23 */
	sample_word(s, 0);
	sample_type(s, ".data.x", BTF_KIND_DATASEC, 2, 16); /* 24 */
	sample_word(s, 22);
	sample_word(s, 0);
	sample_word(s, 8);
	sample_word(s, 23);
	sample_word(s, 8);
	sample_word(s, 8);
	sample_type(s, "a tag", BTF_KIND_DECL_TAG, 0, 12); /* 25 */
	sample_word(s, 1);
	sample_type(s, "user", BTF_KIND_TYPE_TAG, 0, SAMPLE_PAIR); /* 26 */
	sample_type(s, "big", BTF_KIND_ENUM64, 1, 8);              /* 27 */
	sample_word(s, sample_name(s, "HUGE"));
	sample_word(s, 1);
	sample_word(s, 2);
	sample_type(s, "bits", BTF_KIND_STRUCT, 3, 8); /* 28: bit fields */
	s->words[s->nr_words - 2] |= 1u << 31;
	sample_member(s, "x", SAMPLE_INT, 3u << 24 | 0);
	sample_member(s, "y", SAMPLE_INT, 5u << 24 | 3);
	sample_member(s, "e", 15, 2u << 24 | 8);
	sample_type(s, NULL, BTF_KIND_FUNC_PROTO, 3, 0); /* 29: void (int, const node_t *, ...) */
	sample_word(s, sample_name(s, "n"));
	sample_word(s, SAMPLE_INT);
	sample_word(s, sample_name(s, "m"));
	sample_word(s, 30);
	sample_word(s, 0);
	sample_word(s, 0);
	sample_type(s, NULL, BTF_KIND_PTR, 0, 19);                   /* 30 */
	sample_type(s, "print", BTF_KIND_FUNC, BTF_FUNC_STATIC, 29); /* 31 */
	sample_type(s, "arg tag", BTF_KIND_DECL_TAG, 0, 31);         /* 32 */
	sample_word(s, 1);
	sample_type(s, NULL, BTF_KIND_PTR, 0, 29);  /* 33: a function pointer */
	sample_type(s, NULL, BTF_KIND_ARRAY, 0, 0); /* 34: node[2] */
	sample_word(s, 17);
	sample_word(s, SAMPLE_INT);
	sample_word(s, 2);
	sample_type(s, "outer", BTF_KIND_STRUCT, 2, 80); /* 35 */
	sample_member(s, "nodes", 34, 0);
	sample_member(s, "call", 33, 512);
	sample_type(s, NULL, BTF_KIND_TYPEDEF + 2, 0, 0); /* 36: const void */
	sample_type(s, NULL, BTF_KIND_PTR, 0, 36);        /* 37 */
	sample_type(s, NULL, BTF_KIND_PTR, 0, 16);        /* 38: to a forward */
}

/* Header, types, strings: the size, which never exceeds 8192. */
static u32 sample_write(const struct sample *s, u8 *to)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = s->nr_words * 4,
		.str_off = s->nr_words * 4,
		.str_len = s->str_len,
	};

	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), s->words, h.type_len);
	memcpy(to + sizeof(h) + h.type_len, s->strings, s->str_len);
	return (u32)sizeof(h) + h.type_len + s->str_len;
}

static inline u32 sample_make(u8 *to)
{
	struct sample s = {.str_len = 1};

	sample_basic(&s);
	sample_all_kinds(&s);
	return sample_write(&s, to);
}

#endif
