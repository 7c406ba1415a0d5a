/* libbpf's consumers of the buffers, and the instance's trace. */
#include "base/abi.h"

#include "tools/events.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/skep.h"
#include "helper/trace.h"
#include "tools/mapinfo.h"
#include "tools/tool.h"

enum { PERF_PAGES = 64 };

struct record {
	u8 *bytes;
	u32 size;
};

/* One map's records. */
struct stream {
	struct events *events;
	struct mapinfo info;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	struct record *records; /* the first events->keep of them */
	u64 count, lost;
};

struct events {
	struct skep *skep;
	u64 keep;
	struct stream *streams;
	u32 nr_streams;
	char **lines;
	u64 nr_lines;
};

static void keep_record(struct stream *s, const void *bytes, u32 size)
{
	struct record *record = &s->records[s->count];

	if (s->count++ >= s->events->keep)
		return;
	record->bytes = malloc(size + 1);
	record->size = record->bytes ? size : 0;
	if (record->bytes)
		memcpy(record->bytes, bytes, size);
}

static int on_ring(void *stream, void *bytes, size_t size)
{
	keep_record(stream, bytes, size);
	return 0;
}

static void on_perf(void *stream, int cpu, void *bytes, u32 size)
{
	(void)cpu;
	keep_record(stream, bytes, size);
}

static void on_lost(void *stream, int cpu, __u64 count)
{
	(void)cpu;
	((struct stream *)stream)->lost += count;
}

static bool is_stream(const struct bpf_map *map)
{
	return bpf_map__fd(map) >= 0 && (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ||
					 bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY);
}

static int open_stream(struct events *events, const struct bpf_object *object, struct bpf_map *map)
{
	struct stream *s = &events->streams[events->nr_streams++];

	*s = (struct stream){.events = events, .info = mapinfo_of(object, map)};
	s->records = calloc(events->keep + 1, sizeof(*s->records));
	if (!s->records)
		return fail("out of memory");
	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		s->ring = ring_buffer__new(bpf_map__fd(map), on_ring, s, NULL);
	else
		s->perf = perf_buffer__new(bpf_map__fd(map), PERF_PAGES, on_perf, on_lost, s, NULL);
	return s->ring || s->perf ? 0 : fail("%s: cannot be read: %m", s->info.name);
}

static int open_streams(struct events *events, const struct bpf_object *object)
{
	struct bpf_map *map;
	u32 count = 0;

	bpf_object__for_each_map(map, object) count += is_stream(map);
	events->streams = calloc(count + 1, sizeof(*events->streams));
	events->lines = calloc(events->keep + 1, sizeof(*events->lines));
	if (!events->streams || !events->lines)
		return fail("out of memory");
	bpf_object__for_each_map(map,
				 object) if (is_stream(map) &&
					     open_stream(events, object, map)) return TOOL_FAILED;
	return 0;
}

static int use_type(struct events *events, const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	s32 id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -1;

	if (id <= 0)
		return fail("--record-type: the object has no struct \"%s\"", name);
	for (u32 i = 0; i < events->nr_streams; i++) {
		events->streams[i].info.value.btf = btf;
		events->streams[i].info.value.id = id;
	}
	return 0;
}

struct events *events_open(struct skep *skep, const struct bpf_object *object, u64 keep,
			   const char *type)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return fail("out of memory"), NULL;
	events->skep = skep;
	events->keep = keep;
	if (open_streams(events, object) || (type && use_type(events, object, type))) {
		events_close(events);
		return NULL;
	}
	return events;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	for (u32 i = 0; i < events->nr_streams; i++) {
		struct stream *s = &events->streams[i];

		for (u64 n = 0; n < s->count && n < events->keep; n++)
			free(s->records[n].bytes);
		free(s->records);
		ring_buffer__free(s->ring);
		perf_buffer__free(s->perf);
	}
	for (u64 n = 0; n < events->nr_lines && n < events->keep; n++)
		free(events->lines[n]);
	free(events->lines);
	free(events->streams);
	free(events);
}

static void collect_lines(struct events *events)
{
	struct trace_line line;

	while (trace_read(events->skep->trace, &line)) {
		if (events->nr_lines < events->keep)
			events->lines[events->nr_lines] = strndup(line.text, line.len);
		events->nr_lines++;
	}
}

void events_collect(struct events *events)
{
	for (u32 i = 0; i < events->nr_streams; i++) {
		if (events->streams[i].ring)
			ring_buffer__consume(events->streams[i].ring);
		else
			perf_buffer__consume(events->streams[i].perf);
	}
	collect_lines(events);
}

/* A record of a size that its type does not have is shown in hex; perf pads with up to 7 bytes. */
static void print_record(const struct stream *s, const struct record *record, struct out *out)
{
	struct value_type type = s->info.value;
	s64 size = type.btf && type.id ? btf__resolve_size(type.btf, type.id) : -1;

	if (size < 0 || size > record->size || record->size - size >= 8) {
		out_hex(out, NULL, record->bytes, record->size);
		return;
	}
	type.size = size;
	out_line_begin(out, NULL);
	value_print(out, NULL, &type, record->bytes);
	out_line_end(out);
}

static void print_stream(const struct stream *s, struct out *out)
{
	u64 shown = s->count < s->events->keep ? s->count : s->events->keep;

	out_object(out, s->info.name);
	out_u64(out, "count", s->count);
	if (s->lost)
		out_u64(out, "lost", s->lost);
	out_array(out, "records");
	for (u64 i = 0; i < shown; i++)
		print_record(s, &s->records[i], out);
	if (s->count > shown)
		out_remark(out, "... and %llu more; --records N shows more",
			   (unsigned long long)(s->count - shown));
	out_end(out);
	out_end(out);
}

/* Without the new line that most formats end in. */
static void print_line(const char *line, struct out *out)
{
	char text[sizeof(((struct trace_line *)0)->text)];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(line ? line : "", "\n"),
		 line ? line : "");
	out_str(out, NULL, text);
}

static void print_lines(const struct events *events, struct out *out)
{
	u64 shown = events->nr_lines < events->keep ? events->nr_lines : events->keep;

	out_array(out, "trace");
	for (u64 i = 0; i < shown; i++)
		print_line(events->lines[i], out);
	if (events->nr_lines > shown)
		out_remark(out, "... and %llu more; --records N shows more",
			   (unsigned long long)(events->nr_lines - shown));
	out_end(out);
}

void events_print(const struct events *events, struct out *out)
{
	if (events->nr_streams) {
		out_object(out, "buffers");
		for (u32 i = 0; i < events->nr_streams; i++)
			print_stream(&events->streams[i], out);
		out_end(out);
	}
	if (events->nr_lines)
		print_lines(events, out);
}
