/* Packets from captures (libpcap), files and hex digits. */
#include "tools/source.h"

#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/tool.h"

enum { FRAME_MAX = 256 << 10, DATA_MAX = 64 << 20 };

struct link;

struct source {
	const char *name;
	pcap_t *pcap; /* NULL: one frame, in `one` */
	const struct link *link;
	s64 file_size; /* of a regular file, else 0 */
	u64 count;
	u8 *one;
	size_t one_size;
	u8 built[FRAME_MAX + ETH_HLEN]; /* a frame that had no Ethernet header */
};

/*
 * A link type: `skip` bytes stand before the network header; two of them, at proto_at (or none:
 * proto_at < 0), tell the protocol.
 */
static const struct link {
	int type;
	u32 skip;
	int proto_at;
} links[] = {
	{DLT_EN10MB, 0, -1},     {DLT_RAW, 0, -1},        {DLT_IPV4, 0, -1}, {DLT_IPV6, 0, -1},
	{DLT_LINUX_SLL, 16, 14}, {DLT_LINUX_SLL2, 20, 0}, {DLT_NULL, 4, -1}, {DLT_LOOP, 4, -1},
};

u8 *read_whole(const char *path, size_t max, size_t *size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t room = 64 << 10, used = 0;
	u8 *bytes = NULL;

	if (!file)
		return fail("%s: %m", path), NULL;
	for (;;) {
		u8 *grown = realloc(bytes, room);

		if (!grown)
			break;
		bytes = grown;
		used += fread(bytes + used, 1, room - used, file);
		if (used < room || used > max)
			break;
		room *= 2;
	}
	if (!bytes || ferror(file) || used > max || used == room) {
		if (used > max)
			fail("%s: larger than %zu bytes", path, max);
		else
			fail("%s: cannot be read: %m", path);
		free(bytes);
		bytes = NULL;
	}
	if (file != stdin)
		fclose(file);
	*size = used;
	return bytes;
}

static const struct link *link_of(int type)
{
	for (u32 i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].type == type)
			return &links[i];
	return NULL;
}

/* libpcap's reasons begin with the path or speak of formats; people want to know what to give. */
static int cannot_open(const char *path, const char *error)
{
	size_t n = strlen(path);
	struct stat st;

	if (!strncmp(error, path, n) && error[n] == ':')
		return fail("%s", error);
	if (!stat(path, &st) && S_ISREG(st.st_mode) && !st.st_size)
		return fail("%s: the file is empty; a capture is what tcpdump -w writes", path);
	return fail("%s: not a capture (pcap or pcapng, as tcpdump -w writes): %s", path, error);
}

static int open_capture(struct source *s, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	const char *type;
	struct stat st;

	s->pcap = pcap_open_offline(path, error);
	if (!s->pcap)
		return cannot_open(path, error);
	s->link = link_of(pcap_datalink(s->pcap));
	if (!s->link) {
		type = pcap_datalink_val_to_name(pcap_datalink(s->pcap));
		return fail("%s: frames of type %s; skep reads Ethernet, raw IP and Linux cooked "
			    "captures",
			    path, type ? type : "unknown");
	}
	if (!fstat(fileno(pcap_file(s->pcap)), &st) && S_ISREG(st.st_mode))
		s->file_size = st.st_size;
	return 0;
}

/* Digits in pairs; white space, ':' and '-' between bytes are ignored. */
static int parse_hex(struct source *s, const char *text)
{
	const char *c = text;

	s->one = malloc(strlen(text) / 2 + 1);
	if (!s->one)
		return fail("out of memory");
	while (*c) {
		if (strchr(" \t\n:-", *c)) {
			c++;
			continue;
		}
		if (option_hex_digit(c[0]) < 0 || option_hex_digit(c[1]) < 0)
			return fail("--hex: byte %zu: \"%.2s\" is no pair of hex digits",
				    s->one_size, c);
		s->one[s->one_size++] = option_hex_digit(c[0]) << 4 | option_hex_digit(c[1]);
		c += 2;
	}
	return 0;
}

struct source *source_open(const char *pcap, const char *data, const char *hex)
{
	struct source *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return fail("out of memory"), NULL;
	s->name = pcap ? pcap : data ? data : "--hex";
	if (pcap)
		err = open_capture(s, pcap);
	else if (hex)
		err = parse_hex(s, hex);
	else
		err = !(s->one = read_whole(data, DATA_MAX, &s->one_size));
	if (!err && !pcap && !s->one_size)
		err = fail("%s: no bytes; a packet has at least one", s->name);
	if (err) {
		source_close(s);
		return NULL;
	}
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->pcap)
		pcap_close(s->pcap);
	free(s->one);
	free(s);
}

/* The protocol of a packet whose link layer does not tell: its IP version does. */
static u16 guess_protocol(const u8 *packet, u32 len)
{
	return len && packet[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
}

/* Put an Ethernet header before what follows the link layer of this capture. */
static void build_frame(struct source *s, struct frame *frame)
{
	u32 skip = s->link->skip < frame->len ? s->link->skip : frame->len;
	const u8 *packet = frame->bytes + skip;
	u32 len = frame->len - skip;
	u16 protocol = guess_protocol(packet, len);

	if (s->link->proto_at >= 0 && frame->len >= s->link->skip)
		protocol =
			frame->bytes[s->link->proto_at] << 8 | frame->bytes[s->link->proto_at + 1];
	len = len > FRAME_MAX ? FRAME_MAX : len;
	memset(s->built, 0, ETH_HLEN);
	s->built[12] = protocol >> 8;
	s->built[13] = protocol;
	memcpy(s->built + ETH_HLEN, packet, len);
	frame->bytes = s->built;
	frame->len = ETH_HLEN + len;
}

static int next_captured(struct source *s, struct frame *frame)
{
	struct pcap_pkthdr *header;
	const u8 *bytes;
	int got = pcap_next_ex(s->pcap, &header, &bytes);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1) {
		fail("%s: packet %llu: %s", s->name, (unsigned long long)s->count + 1,
		     pcap_geterr(s->pcap));
		return -1;
	}
	*frame = (struct frame){
		.bytes = bytes,
		.len = header->caplen,
		.cut = header->caplen < header->len,
		.time = header->ts,
	};
	if (s->link->type != DLT_EN10MB)
		build_frame(s, frame);
	s->count++;
	return 1;
}

int source_next(struct source *s, struct frame *frame)
{
	if (s->pcap)
		return next_captured(s, frame);
	if (s->count++)
		return 0;
	*frame = (struct frame){.bytes = s->one, .len = s->one_size};
	return 1;
}

double source_progress(const struct source *s)
{
	return s->file_size ? (double)ftello(pcap_file(s->pcap)) / s->file_size : -1;
}

bool source_is_capture(const struct source *s)
{
	return s->pcap;
}
