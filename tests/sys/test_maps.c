/* Map commands beyond single elements, ours beside Linux's: batches, maps of objects, locks. */
#include "tests/btf/sample.h"
#include "tests/lib/ask.h"

enum { COUNT = 8 };

static const u32 batch_types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_ARRAY};

struct batch {
	u32 in, out; /* cursors: hashes' are of 4 bytes, and so are arrays' keys */
	u32 keys[2 * COUNT];
	u64 values[2 * COUNT];
	u32 count; /* asked for, then done */
};

static long ask_batch(int cmd, int fd, struct batch *b, int resume)
{
	union bpf_attr attr = {.batch = {
				       .in_batch = resume ? ptr_to_u64(&b->in) : 0,
				       .out_batch = ptr_to_u64(&b->out),
				       .keys = ptr_to_u64(b->keys),
				       .values = ptr_to_u64(b->values),
				       .count = b->count,
				       .map_fd = (u32)fd,
			       }};
	long err;

	if (cmd == BPF_MAP_UPDATE_BATCH || cmd == BPF_MAP_DELETE_BATCH)
		attr.batch.out_batch = 0;
	if (cmd == BPF_MAP_DELETE_BATCH)
		attr.batch.values = 0;
	err = ask(cmd, &attr);
	b->count = attr.batch.count;
	b->in = b->out;
	return err;
}

static void fill(struct batch *b, u32 count)
{
	memset(b, 0, sizeof(*b));
	b->count = count;
	for (u32 i = 0; i < count; i++) {
		b->keys[i] = i;
		b->values[i] = 100 + i;
	}
}

/* Each key once, with its value. */
static int all_there(const struct batch *b)
{
	u32 seen = 0;

	for (u32 i = 0; i < b->count && i < 2 * COUNT; i++)
		if (b->keys[i] < 32 && b->values[i] == 100 + b->keys[i])
			seen |= 1u << b->keys[i];
	return seen == (1u << COUNT) - 1;
}

static void batch_round_trip(u32 type)
{
	int fd = ask_map(type, 4, 8, COUNT, 0);
	struct batch b;

	fill(&b, COUNT);
	CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, fd, &b, 0), 0);
	CHECK_EQ(b.count, COUNT);
	fill(&b, 0);
	b.count = 2 * COUNT;
	CHECK_EQ(ask_batch(BPF_MAP_LOOKUP_BATCH, fd, &b, 0), -ENOENT);
	CHECK_EQ(b.count, COUNT);
	CHECK(all_there(&b));
	b.count = 0;
	CHECK_EQ(ask_batch(BPF_MAP_LOOKUP_BATCH, fd, &b, 0), 0);
	if (type != BPF_MAP_TYPE_ARRAY) {
		fill(&b, 3);
		CHECK_EQ(ask_batch(BPF_MAP_DELETE_BATCH, fd, &b, 0), 0);
		CHECK_EQ(b.count, 3);
		fill(&b, 3);
		b.keys[0] = 5;
		CHECK_EQ(ask_batch(BPF_MAP_DELETE_BATCH, fd, &b, 0), -ENOENT);
		CHECK_EQ(b.count, 1);
		fill(&b, 0);
		b.count = 2 * COUNT;
		CHECK_EQ(ask_batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b, 0), -ENOENT);
		CHECK_EQ(b.count, COUNT - 4);
		b.count = 2 * COUNT;
		CHECK_EQ(ask_batch(BPF_MAP_LOOKUP_BATCH, fd, &b, 0), -ENOENT);
		CHECK_EQ(b.count, 0);
	} else {
		fill(&b, 3);
		CHECK_EQ(ask_batch(BPF_MAP_DELETE_BATCH, fd, &b, 0), -ENOTSUPP);
		CHECK_EQ(ask_batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b, 0), -ENOTSUPP);
	}
	drop(fd);
}

static void batches_carry_all(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(batch_types); i++)
		batch_round_trip(batch_types[i]);
}

/* Every key once, however small the pages are. */
static void batches_resume(void)
{
	for (u32 type = 0; type < ARRAY_SIZE(batch_types); type++) {
		int fd = ask_map(batch_types[type], 4, 8, 64, 0);
		u64 seen = 0;
		u32 total = 0;
		struct batch b;
		long err;

		for (u32 i = 0; i < 64; i += COUNT) {
			fill(&b, COUNT);
			for (u32 k = 0; k < COUNT; k++)
				b.keys[k] += i;
			CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, fd, &b, 0), 0);
		}
		for (u32 page = 0; page < 64; page++) {
			b.count = 2 * COUNT;
			err = ask_batch(BPF_MAP_LOOKUP_BATCH, fd, &b, page > 0);
			for (u32 i = 0; i < b.count; i++)
				seen |= 1ull << b.keys[i];
			total += b.count;
			if (err)
				break;
		}
		CHECK_EQ(err, -ENOENT);
		if (batch_types[type] != BPF_MAP_TYPE_LRU_HASH) /* which may evict early */
			CHECK_EQ(total, 64);
		CHECK_EQ(__builtin_popcountll(seen), total);
		drop(fd);
	}
}

static void batches_refuse(void)
{
	int fd = ask_map(BPF_MAP_TYPE_HASH, 4, 8, COUNT, 0);
	int rdonly = ask_map(BPF_MAP_TYPE_HASH, 4, 8, COUNT, BPF_F_RDONLY);
	struct batch b;

	fill(&b, COUNT);
	CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, rdonly, &b, 0), -EPERM);
	CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, -1, &b, 0), -EBADF);
	b.count = COUNT;
	CHECK_EQ(ASK(BPF_MAP_UPDATE_BATCH, .batch = {.map_fd = (u32)fd, .count = 1, .flags = 1}),
		 -EFAULT); /* looked at by nobody */
	CHECK_EQ(ASK(BPF_MAP_UPDATE_BATCH,
		     .batch = {.map_fd = (u32)fd, .count = 1, .elem_flags = BPF_F_LOCK}),
		 -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_UPDATE_BATCH,
		     .batch = {.map_fd = (u32)fd, .count = 1, .elem_flags = 8}),
		 -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_UPDATE_BATCH, .batch = {.map_fd = (u32)fd, .count = 1}), -EFAULT);
	CHECK_EQ(ASK(BPF_MAP_LOOKUP_BATCH, .batch = {.map_fd = (u32)fd, .count = 1}), -EFAULT);
	fill(&b, COUNT);
	CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, fd, &b, 0), 0);
	/* the ninth does not fit; those before are there */
	fill(&b, COUNT + 1);
	CHECK_EQ(ask_batch(BPF_MAP_UPDATE_BATCH, fd, &b, 0), -E2BIG);
	CHECK_EQ(b.count, COUNT);
	drop(fd);
	drop(rdonly);
}

static long elem(int cmd, int fd, u32 key, void *value, u64 flags)
{
	return ASK(cmd, .map_fd = (u32)fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(value),
		   .flags = flags);
}

static long delete (int fd, u32 key)
{
	return ASK(BPF_MAP_DELETE_ELEM, .map_fd = (u32)fd, .key = ptr_to_u64(&key));
}

static u32 id_of_map(int fd)
{
	struct bpf_map_info info = {0};

	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)fd,
						      .info_len = sizeof(info),
						      .info = ptr_to_u64(&info)}),
		 0);
	return info.id;
}

static u32 id_of_prog(int fd)
{
	struct bpf_prog_info info = {0};

	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)fd,
						      .info_len = sizeof(info),
						      .info = ptr_to_u64(&info)}),
		 0);
	return info.id;
}

static void prog_arrays_hold_programs(void)
{
	int array = ask_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0);
	u32 xdp = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 7), EXIT);
	u32 tc = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), MOV_K(0, 8), EXIT), id = 0;
	u32 self = (u32)array, none = (u32)-1;
	long caller = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(2, array), MOV_K(3, 1),
			       CALL(BPF_FUNC_tail_call), MOV_K(0, 1), EXIT);

	CHECK_EQ(ask_run(caller), 1);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &xdp, 0), 0);
	CHECK_EQ(ask_run(caller), 7);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &tc, 0), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &self, 0), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &none, 0), -EBADF);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 3, &xdp, 0), -E2BIG);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &xdp, BPF_NOEXIST), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, array, 1, &id, 0), 0);
	CHECK_EQ(id, id_of_prog((int)xdp));
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, array, 0, &id, 0), -ENOENT);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, array, 3, &id, 0), -ENOENT);
	CHECK_EQ(delete (array, 1), 0);
	CHECK_EQ(delete (array, 1), -ENOENT);
	CHECK_EQ(delete (array, 3), -E2BIG);
	CHECK_EQ(ask_run(caller), 1);
	/* a program of another kind may not use it either */
	CHECK_EQ(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), LD_MAP(2, array), MOV_K(3, 1),
			  CALL(BPF_FUNC_tail_call), MOV_K(0, 1), EXIT),
		 -EINVAL);
	drop(caller);
	drop(tc);
	drop(xdp);
	drop(array);
}

/* The last fd or pin that a user has of a prog array takes its programs with it. */
static void prog_arrays_are_cleared_with_their_last_fd(void)
{
	int array = ask_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0), copy;
	u32 target = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 7), EXIT);
	long caller = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(2, array), MOV_K(3, 1),
			       CALL(BPF_FUNC_tail_call), MOV_K(0, 1), EXIT);
	u32 id = id_of_map(array), last = 0;
	long again;

	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &target, 0), 0);
	drop(target);
	copy = dup(array);
	drop(array);
	CHECK_EQ(ask_run(caller), 7);
	drop(copy);
	for (u32 i = 0; i < 100 && ask_run(caller) != 1; i++)
		usleep(1000); /* Linux leaves it to a worker */
	CHECK_EQ(ask_run(caller), 1);
	/* the program keeps the array itself */
	again = ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id);
	CHECK(again >= 0);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, (int)again, 1, &last, 0), -ENOENT);
	drop(again);
	drop(caller);
}

static void pins_keep_prog_arrays(void)
{
	static const char path[] = "/sys/fs/bpf/skep_test_array";
	int array = ask_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0);
	u32 target = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 7), EXIT);
	long caller = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(2, array), MOV_K(3, 1),
			       CALL(BPF_FUNC_tail_call), MOV_K(0, 1), EXIT);

	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, array, 1, &target, 0), 0);
	drop(target);
	if (!asked && ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64(path), .bpf_fd = (u32)array)) {
		printf("# no bpffs here\n");
	} else {
		if (asked)
			CHECK_EQ(ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64(path),
				     .bpf_fd = (u32)array),
				 0);
		drop(array);
		array = -1;
		usleep(20000);
		CHECK_EQ(ask_run(caller), 7);
		CHECK_EQ(asked ? sys_unpin(asked, path) : unlink(path), 0);
		for (u32 i = 0; i < 100 && ask_run(caller) != 1; i++)
			usleep(1000);
		CHECK_EQ(ask_run(caller), 1);
	}
	drop(array);
	drop(caller);
}

static void maps_hold_maps(u32 type)
{
	int inner = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int other = ask_map(BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0);
	int outer = (int)ASK(BPF_MAP_CREATE, .map_type = type, .key_size = 4, .value_size = 4,
			     .max_entries = 2, .inner_map_fd = (u32)inner);
	u32 fd = (u32)inner, wrong = (u32)other, none = (u32)-1, id = 0, zero = 0;
	int array = type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
	u64 value = 42;
	long prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), ST(BPF_W, 10, -4, 0), MOV_X(2, 10),
			     ADD_K(2, -4), LD_MAP(1, outer), CALL(BPF_FUNC_map_lookup_elem),
			     JNE_K(0, 0, 2), MOV_K(0, 1), EXIT, MOV_X(1, 0), MOV_X(2, 10),
			     ADD_K(2, -4), CALL(BPF_FUNC_map_lookup_elem), JNE_K(0, 0, 2),
			     MOV_K(0, 2), EXIT, LDX(BPF_DW, 0, 0, 0), EXIT);

	CHECK(outer >= 0 && prog >= 0);
	CHECK_EQ(ask_run(prog), 1);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, inner, 0, &value, 0), 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 0, &fd, 0), 0);
	CHECK_EQ(ask_run(prog), 42);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 0, &wrong, 0), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 0, &none, 0), -EBADF);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 7, &fd, 0), array ? -E2BIG : 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 8, &fd, 0), -E2BIG);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, outer, 0, &id, 0), 0);
	CHECK_EQ(id, id_of_map(inner));
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, outer, 1, &id, 0), -ENOENT);
	drop(inner); /* the outer map keeps it */
	CHECK_EQ(ask_run(prog), 42);
	CHECK_EQ(delete (outer, 0), 0);
	CHECK_EQ(delete (outer, 0), -ENOENT);
	CHECK_EQ(ask_run(prog), 1);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, outer, 0, &zero, 0), -EINVAL);
	drop(prog);
	drop(outer);
	drop(other);
}

static void arrays_hold_maps(void)
{
	maps_hold_maps(BPF_MAP_TYPE_ARRAY_OF_MAPS);
}

static void hashes_hold_maps(void)
{
	maps_hold_maps(BPF_MAP_TYPE_HASH_OF_MAPS);
}

static int load_sample_btf(void)
{
	u8 data[8192];
	u32 size = sample_make(data);

	return (int)ASK(BPF_BTF_LOAD, .btf = ptr_to_u64(data), .btf_size = size);
}

/* A value with a bpf_spin_lock can be read and written under it; the lock itself is not told. */
static void locks(u32 type)
{
	int btf = load_sample_btf();
	union bpf_attr create = {.map_type = type,
				 .key_size = 4,
				 .value_size = 8,
				 .max_entries = 2,
				 .btf_fd = (u32)btf,
				 .btf_key_type_id = SAMPLE_INT,
				 .btf_value_type_id = SAMPLE_LOCKED};
	long fd = ask(BPF_MAP_CREATE, &create);
	int plain = ask_map(type, 4, 8, 2, 0);
	u32 value[2] = {0xffffffff, 42};

	CHECK(btf >= 0 && fd >= 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, (int)fd, 0, value, BPF_ANY), 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, (int)fd, 0, value, BPF_F_LOCK), 0);
	value[1] = 43;
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, (int)fd, 0, value, BPF_F_LOCK | BPF_EXIST), 0);
	memset(value, 0, sizeof(value));
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, (int)fd, 0, value, BPF_F_LOCK), 0);
	CHECK_EQ(value[0], 0);
	CHECK_EQ(value[1], 43);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, (int)fd, 0, value, BPF_F_LOCK | BPF_NOEXIST), -EEXIST);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, (int)fd, 0, value, BPF_EXIST), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, (int)fd, 0, value, 8), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, plain, 0, value, BPF_F_LOCK), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, plain, 0, value, BPF_F_LOCK), -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_FREEZE, .map_fd = (u32)fd), -ENOTSUPP);
	drop(plain);
	drop(fd);
	drop(btf);
}

static void locked_arrays(void)
{
	locks(BPF_MAP_TYPE_ARRAY);
}

static void locked_hashes(void)
{
	locks(BPF_MAP_TYPE_HASH);
}

int main(void)
{
	BOTH(batches_carry_all);
	BOTH(batches_resume);
	BOTH(batches_refuse);
	BOTH(prog_arrays_hold_programs);
	BOTH(prog_arrays_are_cleared_with_their_last_fd);
	BOTH(pins_keep_prog_arrays);
	BOTH(arrays_hold_maps);
	BOTH(hashes_hold_maps);
	BOTH(locked_arrays);
	BOTH(locked_hashes);
	return tap_status();
}
