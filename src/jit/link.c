/* From pieces and fixes to code: short or long branches, then one copy to the final address. */
#include <errno.h>

#include "jit/internal.h"

static int grow(struct jit *jit, void *array, u32 *cap, u32 used, u32 more, u32 elem)
{
	void *old, *p;
	u32 wanted = *cap ? *cap * 2 : used + more;

	if (*cap - used >= more)
		return 0;
	memcpy(&old, array, sizeof(old));
	if (wanted > UINT32_MAX / 4)
		return -ENOMEM;
	p = os_alloc(jit->os, (size_t)wanted * elem);
	if (!p)
		return -ENOMEM;
	if (used)
		memcpy(p, old, (size_t)used * elem);
	os_free(jit->os, old);
	memcpy(array, &p, sizeof(p));
	*cap = wanted;
	return 0;
}

int jit_begin(struct jit *jit, u32 extra)
{
	jit->nr_place = jit->prog->len + 1 + jit->prog->nr_subprogs + extra;
	jit->is_loop = os_alloc(jit->os, jit->prog->len);
	if (!jit->is_loop)
		return -ENOMEM;
	return grow(jit, &jit->place, &jit->place_cap, 0, jit->nr_place + ROOM_FIXES,
		    sizeof(*jit->place));
}

int jit_room(struct jit *jit)
{
	int err = grow(jit, &jit->buf, &jit->buf_cap, jit->len, ROOM_BYTES, 1);

	if (!err)
		err = grow(jit, &jit->fix, &jit->fix_cap, jit->nr_fix, ROOM_FIXES,
			   sizeof(*jit->fix));
	if (!err)
		err = grow(jit, &jit->place, &jit->place_cap, jit->nr_place, ROOM_FIXES,
			   sizeof(*jit->place));
	return err;
}

void jit_fix(struct jit *jit, enum fix_kind kind, u8 arg, u32 place)
{
	jit->fix[jit->nr_fix++] =
		(struct fix){.pos = jit->len, .place = place, .kind = kind, .arg = arg};
}

void jit_fix_host(struct jit *jit, u64 host)
{
	jit_fix(jit, FIX_HOST, 0, 0);
	jit->fix[jit->nr_fix - 1].host = host;
}

u32 jit_place_new(struct jit *jit)
{
	return jit->nr_place++;
}

void jit_place_here(struct jit *jit, u32 n)
{
	jit->place[n] = (struct place){.pos = jit->len, .fix = jit->nr_fix};
}

u32 jit_offset(const struct jit *jit, u32 place)
{
	const struct place *p = &jit->place[place];

	return p->pos + (p->fix < jit->nr_fix ? jit->fix[p->fix].before : jit->size - jit->len);
}

/* One round: what is short enough becomes short.  Tells whether anything did. */
static int shrink(struct jit *jit)
{
	u32 before = 0;
	int shrunk = 0;

	for (u32 i = 0; i < jit->nr_fix; i++) {
		struct fix *fix = &jit->fix[i];
		u8 size;

		fix->before = before;
		size = jit->arch->fix_size(jit, fix, fix->pos + before,
					   jit_offset(jit, fix->place));
		if (size < fix->size) {
			fix->size = size;
			shrunk = 1;
		}
		before += fix->size;
	}
	jit->size = jit->len + before;
	return shrunk;
}

/*
 * With the lengths of everything else settled: alignments, which were taken to be at their longest
 * so far.  No distance gets longer by that either.
 */
static void align(struct jit *jit)
{
	u32 before = 0;

	for (u32 i = 0; i < jit->nr_fix; i++) {
		struct fix *fix = &jit->fix[i];

		fix->before = before;
		if (fix->kind == FIX_ALIGN)
			fix->size = -(fix->pos + before) & ((1u << fix->arg) - 1);
		before += fix->size;
	}
	jit->size = jit->len + before;
}

/*
 * All fixes begin at their longest and only get shorter.  Sound because no distance ever grows:
 * offsets past the fix that is looked at are still those of the round before, which are too long
 * if anything, so that a branch found short is and stays short.
 */
void jit_layout(struct jit *jit)
{
	u32 before = 0;

	for (u32 i = 0; i < jit->nr_fix; i++) {
		jit->fix[i].before = before;
		jit->fix[i].size = jit->arch->fix_size(jit, &jit->fix[i], 0, INT32_MAX);
		before += jit->fix[i].size;
	}
	jit->size = jit->len + before;
	while (shrink(jit))
		;
	align(jit);
}

void jit_link(struct jit *jit, u8 *rw, u64 rx)
{
	u32 pos = 0;

	for (u32 i = 0; i < jit->nr_fix; i++) {
		const struct fix *fix = &jit->fix[i];
		u32 at = fix->pos + fix->before;
		u64 target = fix->kind == FIX_HOST ? fix->host : rx + jit_offset(jit, fix->place);

		memcpy(rw + pos + fix->before, jit->buf + pos, fix->pos - pos);
		jit->arch->fix_write(fix, rw + at, rx + at, target);
		pos = fix->pos;
	}
	memcpy(rw + jit->size - (jit->len - pos), jit->buf + pos, jit->len - pos);
	memset(rw + jit->size, jit->arch->fill, round_up_to(jit->size, CACHE_LINE) - jit->size);
}
