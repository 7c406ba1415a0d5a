/*
 * Ring buffers and perf buffers read by a thread that waits in the shim's epoll_wait, as libbpf
 * does: every record arrives, no wake-up is lost, and it does not take a millisecond.
 */
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "load/shim.h"
#include "map/perf.h"
#include "map/ringbuf.h"
#include "skep/skep.h"
#include "sys/sys.h"
#include "tests/tap.h"

enum {
	PAGE = 4096,
	SIZE = 64 * 1024,
	PRODUCERS = 3,
	RECORDS = 20000, /* of each */
	ROUNDS = 300,
	LOST_MS = 10000, /* nobody produces for as long */
	LATE_NS = 150000,
};

struct record {
	u64 producer, sequence, time;
};

struct fixture;

/* What differs: how a record is written, and how the next one is taken. */
struct kind {
	const char *name;
	int (*open)(struct fixture *f);
	long (*write)(struct fixture *f, const struct record *record);
	int (*read)(struct fixture *f, struct record *record);
};

static struct fixture {
	struct skep *skep;
	const struct kind *kind;
	struct map *map;
	int map_fd, fd; /* of the map; of what is watched */
	int epoll;
	u8 *positions, *data; /* as the reader sees them */
	_Atomic u32 consumed;
	u32 records, producers;
	u8 lone; /* each record waits until the one before has been read */
} fixture;

static u64 now(void)
{
	return os_host.clock_ns(&os_host, CLOCK_MONOTONIC);
}

static int make_map(struct fixture *f, u32 type, u32 key_value, u32 max)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = key_value,
			       .value_size = key_value,
			       .max_entries = max};
	struct obj *obj;

	f->map_fd = (int)sys_bpf(f->skep, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (sys_obj_by_fd(f->skep, f->map_fd, OBJ_MAP, &obj))
		return 0;
	f->map = map_of(obj);
	obj_put(obj); /* its fd holds it */
	return 1;
}

static int ringbuf_open(struct fixture *f)
{
	if (!make_map(f, BPF_MAP_TYPE_RINGBUF, 0, SIZE))
		return 0;
	f->fd = f->map_fd;
	f->positions = load_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	f->data = load_mmap(NULL, PAGE + 2 * SIZE, PROT_READ, MAP_SHARED, f->fd, PAGE);
	return f->positions != MAP_FAILED && f->data != MAP_FAILED;
}

static long ringbuf_write(struct fixture *f, const struct record *record)
{
	return ringbuf_output(f->map, record, sizeof(*record), 0);
}

static int ringbuf_take(struct fixture *f, struct record *record)
{
	_Atomic u64 *consumer = (_Atomic u64 *)f->positions;
	const _Atomic u64 *producer = (const _Atomic u64 *)f->data;
	u64 at = atomic_load_explicit(consumer, memory_order_relaxed);
	const u8 *header = f->data + PAGE + (at & (SIZE - 1));

	if (at == atomic_load_explicit(producer, memory_order_acquire) ||
	    atomic_load_explicit((const _Atomic u32 *)header, memory_order_acquire) &
		    BPF_RINGBUF_BUSY_BIT)
		return 0;
	memcpy(record, header + BPF_RINGBUF_HDR_SZ, sizeof(*record));
	atomic_store_explicit(consumer, at + BPF_RINGBUF_HDR_SZ + sizeof(*record),
			      memory_order_release);
	return 1;
}

/* One CPU, so that all producers write to the one buffer. */
static int perf_open_one(struct fixture *f)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .config = PERF_COUNT_SW_BPF_OUTPUT};
	u32 index = 0;
	union bpf_attr update = {.key = ptr_to_u64(&index), .value = ptr_to_u64(&f->fd)};

	if (!make_map(f, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 1))
		return 0;
	f->fd = (int)perf_open(&attr);
	update.map_fd = (u32)f->map_fd;
	f->positions = load_mmap(NULL, PAGE + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	f->data = f->positions + PAGE;
	return f->positions != MAP_FAILED &&
	       !sys_bpf(f->skep, BPF_MAP_UPDATE_ELEM, &update, sizeof(update));
}

static long perf_write(struct fixture *f, const struct record *record)
{
	struct perf_chunk chunk = {record, sizeof(*record)};
	struct run run;
	long ret;

	run_begin(&run, f->skep, NULL);
	ret = perf_output(f->map, BPF_F_CURRENT_CPU, &chunk, 1, &run);
	run_end(&run);
	return ret;
}

static int perf_take(struct fixture *f, struct record *record)
{
	struct perf_event_mmap_page *page = (struct perf_event_mmap_page *)f->positions;
	u64 head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), tail = page->data_tail;
	struct perf_event_header header;
	u8 *to = (u8 *)record;

	if (head == tail)
		return 0;
	/* 8-byte units never wrap */
	memcpy(&header, f->data + (tail & (SIZE - 1)), sizeof(header));
	record->producer = PRODUCERS; /* a lost record's: nobody's */
	for (u32 i = 0; header.type == PERF_RECORD_SAMPLE && i < sizeof(*record); i++)
		to[i] = f->data[(tail + sizeof(header) + sizeof(u32) + i) & (SIZE - 1)];
	__atomic_store_n(&page->data_tail, tail + header.size, __ATOMIC_RELEASE);
	return 1;
}

static const struct kind kinds[] = {
	{"ring buffer", ringbuf_open, ringbuf_write, ringbuf_take},
	{"perf buffer", perf_open_one, perf_write, perf_take},
};

static void begin(const struct kind *kind)
{
	struct fixture *f = &fixture;
	struct skep_opts opts = {.size = sizeof(opts), .ncpu = 1};
	struct epoll_event event = {.events = EPOLLIN};

	*f = (struct fixture){.kind = kind, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	CHECK_EQ(skep_new(&opts, &f->skep), 0);
	skep_use(f->skep);
	CHECK(kind->open(f));
	CHECK_EQ(load_epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->fd, &event), 0);
}

static void end(void)
{
	struct fixture *f = &fixture;

	load_epoll_ctl(f->epoll, EPOLL_CTL_DEL, f->fd, NULL);
	load_munmap(f->positions, f->fd == f->map_fd ? PAGE : PAGE + SIZE);
	if (f->fd == f->map_fd)
		load_munmap(f->data, PAGE + 2 * SIZE);
	else
		load_close(f->fd);
	load_close(f->map_fd);
	load_close(f->epoll);
	skep_use(NULL);
	skep_free(f->skep);
}

/* Take what is there.  0 when nothing came for so long that a wake-up must have been lost. */
static int wait_for(struct fixture *f)
{
	struct epoll_event events[4];

	return load_epoll_wait(f->epoll, events, 4, LOST_MS) > 0;
}

static void *produce(void *arg)
{
	struct fixture *f = &fixture;
	struct record record = {.producer = (u64)(uintptr_t)arg};

	for (u32 i = 0; i < f->records; i++) {
		record.sequence = i;
		while (f->kind->write(f, &record))
			sched_yield();
		/* now and then the reader shall catch up and go to sleep */
		while (f->lone && atomic_load(&f->consumed) <= i)
			sched_yield();
	}
	return NULL;
}

/* All records, those of each producer in order. */
static u32 consume_all(struct fixture *f)
{
	u64 next[PRODUCERS + 1] = {0};
	struct record record;
	u32 bad = 0, total = f->records * f->producers;

	while (atomic_load(&f->consumed) < total) {
		if (!wait_for(f)) {
			printf("# a wake-up was lost after %u records\n",
			       atomic_load(&f->consumed));
			exit(EXIT_FAILURE); /* producers may wait for ever */
		}
		while (f->kind->read(f, &record)) {
			if (record.producer >= PRODUCERS)
				continue;
			bad += record.sequence != next[record.producer]++;
			atomic_fetch_add(&f->consumed, 1);
		}
	}
	return bad;
}

static void stress(const struct kind *kind, u32 producers, u32 records, u8 lone)
{
	struct fixture *f = &fixture;
	pthread_t threads[PRODUCERS];

	begin(kind);
	f->producers = producers;
	f->records = records;
	f->lone = lone;
	for (u32 i = 0; i < producers; i++)
		pthread_create(&threads[i], NULL, produce, (void *)(uintptr_t)i);
	CHECK_EQ(consume_all(f), 0);
	for (u32 i = 0; i < producers; i++)
		pthread_join(threads[i], NULL);
	end();
}

/* Records that come when the reader has long been asleep. */
static void *produce_rarely(void *arg)
{
	const struct timespec pause = {.tv_nsec = 500000};
	struct record record = {0};

	(void)arg;
	for (u32 i = 0; i < ROUNDS; i++) {
		nanosleep(&pause, NULL);
		record.time = now();
		while (fixture.kind->write(&fixture, &record))
			sched_yield();
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void latency(const struct kind *kind)
{
	struct fixture *f = &fixture;
	u64 late[ROUNDS];
	struct record record;
	pthread_t thread;

	begin(kind);
	pthread_create(&thread, NULL, produce_rarely, NULL);
	for (u32 i = 0; i < ROUNDS;) {
		if (!CHECK(wait_for(f)))
			break;
		while (i < ROUNDS && f->kind->read(f, &record))
			late[i++] = now() - record.time;
	}
	pthread_join(thread, NULL);
	qsort(late, ROUNDS, sizeof(late[0]), compare);
	printf("# %s: %llu us until the reader has it (median; 9 of 10 within %llu us)\n",
	       kind->name, (unsigned long long)late[ROUNDS / 2] / 1000,
	       (unsigned long long)late[ROUNDS * 9 / 10] / 1000);
	/* a quarter of them, because others may want this CPU too; a tick would take longer */
	CHECK(late[ROUNDS / 4] < LATE_NS);
	end();
}

int main(void)
{
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		stress(&kinds[i], PRODUCERS, RECORDS, 0);
		stress(&kinds[i], 1, RECORDS, 1);
		snprintf(name, sizeof(name), "%s loses nothing", kinds[i].name);
		tap_end(name);
		latency(&kinds[i]);
		snprintf(name, sizeof(name), "%s wakes at once", kinds[i].name);
		tap_end(name);
	}
	return tap_status();
}
