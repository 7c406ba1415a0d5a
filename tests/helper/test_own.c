/* What Linux is not asked about: the tables' order, iterators, dynptrs, string kfuncs, the trace
 * ring. */
#include <errno.h>
#include <signal.h>

#include "../tap.h"
#include "helper/dynptr.h"
#include "helper/format.h"
#include "helper/helper.h"
#include "helper/packet.h"
#include "helper/siphash.h"
#include "helper/trace.h"
#include "map/map.h"

static u64 kfunc(const char *name, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct skep skep = {.os = &os_host};
	struct run run = {.skep = &skep};
	const struct kfunc *row = kfunc_by_name(name);

	return CHECK(row && row->fn) ? row->fn(r1, r2, r3, r4, r5, &run) : 0;
}

/* The same of kfuncs that return an int. */
static s32 kfunc_int(const char *name, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u64 r0 = kfunc(name, r1, r2, r3, r4, r5);

	CHECK(r0 >> 32 == 0);
	return (s32)r0;
}

static void kfuncs_are_found(void)
{
	const struct kfunc *row, *before = NULL;

	for (u32 i = 0; (row = kfunc_by_index(i)); before = row, i++) {
		CHECK(!before || strcmp(before->name, row->name) < 0);
		CHECK(kfunc_by_name(row->name) == row);
	}
	CHECK(kfunc_by_name("") == NULL);
	CHECK(kfunc_by_name("zzz") == NULL);
}

static void numbers_iterate(void)
{
	struct bpf_iter_num it;
	u64 at = ptr_to_u64(&it), p;
	s32 sum = 0;

	CHECK_EQ(kfunc("bpf_iter_num_new", at, (u64)-2, 3, 0, 0), 0);
	while ((p = kfunc("bpf_iter_num_next", at, 0, 0, 0, 0)))
		sum = sum * 10 + *(s32 *)u64_to_ptr(p);
	CHECK_EQ(sum, -21000 + 12);
	CHECK_EQ(kfunc_int("bpf_iter_num_new", at, 3, 2, 0, 0), -EINVAL);
	CHECK_EQ(kfunc("bpf_iter_num_next", at, 0, 0, 0, 0), 0);
	CHECK_EQ(kfunc_int("bpf_iter_num_new", at, 0, 9 << 20, 0, 0), -E2BIG);
}

static void bits_iterate(void)
{
	const u64 words[3] = {1ull << 63 | 1, 0, 1ull << 5};
	const s32 want[] = {0, 63, 133};
	struct bpf_iter_bits it;
	u64 at = ptr_to_u64(&it), p;
	u32 n = 0;

	CHECK_EQ(kfunc("bpf_iter_bits_new", at, ptr_to_u64(words), 3, 0, 0), 0);
	while ((p = kfunc("bpf_iter_bits_next", at, 0, 0, 0, 0)) && n < 3)
		CHECK_EQ(*(s32 *)u64_to_ptr(p), want[n++]);
	CHECK_EQ(n, 3);
	kfunc("bpf_iter_bits_destroy", at, 0, 0, 0, 0);
	CHECK_EQ(kfunc_int("bpf_iter_bits_new", at, 8, 1, 0, 0), -EFAULT);
	CHECK_EQ(kfunc_int("bpf_iter_bits_new", at, ptr_to_u64(words), 512, 0, 0), -E2BIG);
}

static void strings_are_bounded(void)
{
	u64 abc = ptr_to_u64("abc"), cd = ptr_to_u64("bc");

	CHECK_EQ(kfunc("bpf_strlen", abc, 0, 0, 0, 0), 3);
	CHECK_EQ(kfunc_int("bpf_strcmp", abc, cd, 0, 0, 0), -1);
	CHECK_EQ(kfunc("bpf_strstr", abc, cd, 0, 0, 0), 1);
	CHECK_EQ(kfunc_int("bpf_strnstr", abc, cd, 2, 0, 0), -ENOENT);
	CHECK_EQ(kfunc("bpf_strchr", abc, 'c', 0, 0, 0), 2);
	CHECK_EQ(kfunc_int("bpf_strlen", 0, 0, 0, 0, 0), -ERANGE);
	CHECK_EQ(kfunc_int("bpf_strlen", 1 << 16, 0, 0, 0, 0), -EFAULT);
}

static void dynptrs_keep_their_bounds(void)
{
	u8 buf[64] = {1, 2, 3, 4}, out[8] = {0};
	struct packet_mem mem = {buf, sizeof(buf), 16, 32, &os_host};
	struct bpf_dynptr dynptr;
	struct skb skb;
	u64 p = ptr_to_u64(&dynptr);

	skb_init(&skb, &mem);
	CHECK_EQ(kfunc_int("bpf_dynptr_from_skb", ptr_to_u64(&skb), 1, p, 0, 0), -EINVAL);
	CHECK_EQ(kfunc("bpf_dynptr_is_null", p, 0, 0, 0, 0), 1);
	CHECK_EQ(kfunc("bpf_dynptr_from_skb", ptr_to_u64(&skb), 0, p, 0, 0), 0);
	CHECK_EQ(kfunc("bpf_dynptr_size", p, 0, 0, 0, 0), 32);
	CHECK(kfunc("bpf_dynptr_slice", p, 28, 0, 4, 0) == ptr_to_u64(buf + 44));
	CHECK_EQ(kfunc("bpf_dynptr_slice", p, 29, 0, 4, 0), 0);
	CHECK_EQ(kfunc("bpf_dynptr_adjust", p, 30, 32, 0, 0), 0);
	CHECK_EQ(kfunc("bpf_dynptr_size", p, 0, 0, 0, 0), 2);
	CHECK_EQ(dynptr_read((struct dynptr *)&dynptr, 0, out, 3), -E2BIG);
	CHECK_EQ(kfunc("bpf_dynptr_memset", p, 0, 2, 9, 0), 0);
	CHECK_EQ(buf[47], 9);
	CHECK_EQ(kfunc_int("bpf_dynptr_adjust", p, 1, 3, 0, 0), -ERANGE);
}

/* A map of one value that can be pushed, popped, seen, and found at key 5. */
struct one {
	struct map map;
	u32 full, value;
};

static long one_push(struct map *map, const void *value, u64 flags)
{
	struct one *one = container_of(map, struct one, map);

	if (one->full && flags != BPF_EXIST)
		return -E2BIG;
	one->full = 1;
	memcpy(&one->value, value, sizeof(one->value));
	return 0;
}

static long one_peek(struct map *map, void *value)
{
	struct one *one = container_of(map, struct one, map);

	if (!one->full)
		return -ENOENT;
	memcpy(value, &one->value, sizeof(one->value));
	return 0;
}

static long one_pop(struct map *map, void *value)
{
	long err = one_peek(map, value);

	container_of(map, struct one, map)->full = 0;
	return err;
}

static void *one_lookup(struct map *map, const void *key, u64 r3, u64 r4, u64 r5, struct run *run)
{
	u32 index;

	(void)r3, (void)r4, (void)r5, (void)run;
	memcpy(&index, key, sizeof(index));
	return index == 5 ? &container_of(map, struct one, map)->value : NULL;
}

static const struct map_more_ops one_more = {.push = one_push, .pop = one_pop, .peek = one_peek};
static const struct map_ops one_ops = {.more = &one_more}, no_ops;

static u64 helper(u32 id, u64 r1, u64 r2, u64 r3)
{
	struct skep skep = {.os = &os_host};
	struct run run = {.skep = &skep};

	return helper_by_id(id)->fn(r1, r2, r3, 0, 0, &run);
}

static void queues_are_reached(void)
{
	struct one one = {.map = {.ops = &one_ops}};
	u64 map = ptr_to_u64(&one.map);
	u32 in = 7, out = 0;

	CHECK_EQ(helper(BPF_FUNC_map_pop_elem, map, ptr_to_u64(&out), 0), -ENOENT);
	CHECK_EQ(helper(BPF_FUNC_map_push_elem, map, ptr_to_u64(&in), BPF_ANY), 0);
	CHECK_EQ(helper(BPF_FUNC_map_push_elem, map, ptr_to_u64(&in), BPF_ANY), -E2BIG);
	in = 8;
	CHECK_EQ(helper(BPF_FUNC_map_push_elem, map, ptr_to_u64(&in), BPF_EXIST), 0);
	CHECK_EQ(helper(BPF_FUNC_map_peek_elem, map, ptr_to_u64(&out), 0), 0);
	CHECK_EQ(out, 8);
	out = 0;
	CHECK_EQ(helper(BPF_FUNC_map_pop_elem, map, ptr_to_u64(&out), 0), 0);
	CHECK_EQ(out, 8);
	CHECK_EQ(helper(BPF_FUNC_map_peek_elem, map, ptr_to_u64(&out), 0), -ENOENT);
	one.map.ops = &no_ops;
	CHECK_EQ(helper(BPF_FUNC_map_push_elem, map, ptr_to_u64(&in), BPF_ANY), -EOPNOTSUPP);
}

/* bpf_redirect_map's verdicts; as Linux's, which has them for maps that skep does not have yet. */
static void keys_without_a_device_fall_back(void)
{
	struct one one = {.map = {.ops = &no_ops, .lookup = one_lookup}};
	u64 map = ptr_to_u64(&one.map);

	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 5, 0), XDP_REDIRECT);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 4, 0), XDP_ABORTED);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 4, XDP_PASS), XDP_PASS);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 4, XDP_TX), XDP_TX);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 5, XDP_REDIRECT), XDP_ABORTED);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 4, BPF_F_BROADCAST), XDP_REDIRECT);
	CHECK_EQ(helper(BPF_FUNC_redirect_map, map, 5, 1ull << 32), XDP_ABORTED);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	signals += number == SIGUSR1;
}

static void signals_arrive(void)
{
	struct sigaction on = {.sa_handler = count_signal}, before;

	sigaction(SIGUSR1, &on, &before);
	CHECK_EQ(helper(BPF_FUNC_send_signal, SIGUSR1, 0, 0), 0);
	CHECK_EQ(helper(BPF_FUNC_send_signal_thread, SIGUSR1, 0, 0), 0);
	CHECK_EQ(signals, 2);
	sigaction(SIGUSR1, &before, NULL);
}

/* The vectors that SipHash's authors publish: key 0, 1, ... 15, input 0, 1, ... */
static void hashes_are_siphash(void)
{
	static const u64 count[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	CHECK(siphash(count, count, 0) == 0x726fdb47dd0e0e31);
	CHECK(siphash(count, count, 1) == 0x93f5f5799a932462);
	CHECK(siphash(count, count, 2) == 0x3f2acc7f57c29bdb);
}

/* Two instances do not show the same number for one address; one instance does. */
static void pointers_are_each_instances_secret(void)
{
	const struct skep_config config = {.window_size = 1 << 20};
	struct format f;
	char text[3][32];
	u64 address = 0xffff888012345678;

	CHECK_EQ(format_prepare(&f, "%p", 3, &address, 1), 0);
	for (u32 i = 0; i < 2; i++) {
		struct skep *skep;
		if (!CHECK(!skep_base_create(&config, &skep)))
			return;
		format_print(&f, skep->secret, text[i], sizeof(text[i]));
		format_print(&f, skep->secret, text[2], sizeof(text[2]));
		CHECK(!strcmp(text[i], text[2]));
		skep_base_free(skep);
	}
	CHECK(strcmp(text[0], text[1]));
}

static void trace_keeps_the_newest(void)
{
	struct trace_line line = {.ns = 0};
	struct trace *trace;
	u64 read = 0, last = 0;

	if (!CHECK(trace_create(&os_host, 4096, &trace) == 0))
		return;
	for (line.ns = 1; line.ns <= 1000; line.ns++) {
		line.len = (u32)sprintf(line.text, "line %u", (u32)line.ns);
		trace_write(trace, &line);
	}
	u64 lost = trace_lost(trace);
	while (trace_read(trace, &line)) {
		CHECK(line.ns > last && line.len == strlen(line.text));
		last = line.ns;
		read++;
	}
	CHECK_EQ(last, 1000);
	CHECK_EQ(read + lost, 1000);
	trace_free(trace);
}

int main(void)
{
	TEST(kfuncs_are_found);
	TEST(numbers_iterate);
	TEST(bits_iterate);
	TEST(strings_are_bounded);
	TEST(dynptrs_keep_their_bounds);
	TEST(queues_are_reached);
	TEST(signals_arrive);
	TEST(hashes_are_siphash);
	TEST(pointers_are_each_instances_secret);
	TEST(keys_without_a_device_fall_back);
	TEST(trace_keeps_the_newest);
	return tap_status();
}
