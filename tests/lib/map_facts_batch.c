/* The rows of batch commands: what the probe had in its arrays, and what came back. */
#include "sys/sys.h"
#include "tests/lib/map_facts.h"

enum { BATCH_KEYS = 16, ROOM = 65536 };

/*
 * One batch's arrays, and the map they are for.  What was read stays: the probe shows its arrays
 * also where a command wrote nothing.
 */
struct batch {
	u8 keys[4096], values[ROOM], mixed[64], keys_out[ROOM], values_out[ROOM];
	u32 key_size, value_size;
};

/* Keys 0, 1, 2, ..; values of one byte that tells the key, or an fd. */
static void fill(const struct map_facts *t, const struct map_row *row, struct batch *b)
{
	u32 ks = b->key_size, vs = b->value_size;
	int of_objects = strstr(row->type, "_OF_MAPS") || strstr(row->type, "PROG_ARRAY") ||
			 strstr(row->type, "PERF_EVENT");
	int inner = strstr(row->params, "inner_arr*3") ? map_facts_fd(t, "inner_arr") : 0;

	memset(b->keys, 0, sizeof(b->keys));
	memset(b->values, 0, sizeof(b->values));
	for (u32 i = 0; ks && i < BATCH_KEYS; i++) {
		b->keys[i * ks] = (u8)i;
		if (of_objects)
			memcpy(b->values + i * vs, &inner, sizeof(inner));
		else
			memset(b->values + i * vs, (int)(0x10 + i), vs);
	}
	memcpy(b->mixed, b->keys + 2 * ks, ks);
	memcpy(b->mixed + ks, b->keys, ks);
	memcpy(b->mixed + 2 * ks, b->keys + 3 * ks, ks);
}

/* "set", "NULL" or "0x1" */
static u64 pointer(const struct map_row *row, const char *name, const void *set)
{
	const char *at = map_row_find(row, name);

	return *at == 'N' ? 0 : *at == '0' ? 1 : ptr_to_u64(set);
}

static void show(const struct map_row *row, const struct batch *b, u32 n, char *out)
{
	out += sprintf(out, "count=%u", n);
	if (!strstr(row->out, " keys=") || n > BATCH_KEYS)
		return;
	out += sprintf(out, " keys=");
	map_facts_hex(out, b->keys_out, n * b->key_size);
	out += 2 * n * b->key_size;
	out += sprintf(out, " values=");
	map_facts_hex(out, b->values_out, n * b->value_size);
}

long map_facts_batch(struct map_facts *t, const struct map_row *row, int cmd, char *out)
{
	static struct batch b;
	int reads = cmd == BPF_MAP_LOOKUP_BATCH || cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH;
	const u8 *keys = reads                                  ? b.keys_out
			 : strstr(row->params, "exist,missing") ? b.mixed
								: b.keys;
	union bpf_attr attr = {.batch = {.map_fd = (u32)t->fd}};
	struct obj *obj;
	long ret;

	if (sys_obj_by_fd(t->skep, t->fd, OBJ_MAP, &obj))
		return -1;
	b.key_size = map_of(obj)->key_size;
	b.value_size = map_user_value_size(map_of(obj));
	obj_put(obj);
	fill(t, row, &b);
	attr.batch.in_batch =
		strstr(row->params, "inBAD") ? 1 : pointer(row, "in_batch", t->cursor);
	attr.batch.out_batch = pointer(row, "out_batch", t->cursor);
	attr.batch.keys = pointer(row, "keys", keys);
	attr.batch.values = pointer(row, "values", reads ? b.values_out : b.values);
	attr.batch.count = (u32)map_row_number(row, "count");
	attr.batch.elem_flags = map_row_number(row, "elem_flags");
	attr.batch.flags = map_row_number(row, "flags");
	ret = sys_bpf(t->skep, cmd, &attr, sizeof(attr));
	show(row, &b, attr.batch.count, out);
	return ret;
}
