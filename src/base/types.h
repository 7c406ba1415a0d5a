/* The short names of the sizes, and the few macros that every folder needs. */
#ifndef SKEP_BASE_TYPES_H
#define SKEP_BASE_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define CACHE_LINE 64

static inline u64 round_up_to(u64 n, u64 unit)
{
	return (n + unit - 1) / unit * unit;
}

static inline u64 ptr_to_u64(const void *p)
{
	return (u64)(uintptr_t)p;
}

static inline void *u64_to_ptr(u64 v)
{
	return (void *)(uintptr_t)v;
}

#endif
