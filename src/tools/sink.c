/*
 * Writing a capture: into a file without a name, which gets one at the end, so that whatever ends
 * the command leaves nothing half-written.  Where the file system cannot do that, a temporary name.
 */
#include "tools/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool.h"

enum { SNAPLEN = 262144 };

struct sink {
	char *path;
	char *temporary; /* its name until then; NULL: it has none, or path is no file */
	bool nameless;
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	FILE *file;
};

static int open_nameless(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;

	free(copy);
	return fd;
}

/* A name beside path that does not exist.  malloc'ed. */
static char *name_beside(const char *path)
{
	char *name;

	return asprintf(&name, "%s.%ld.tmp", path, (long)getpid()) < 0 ? NULL : name;
}

static int open_file(struct sink *s)
{
	struct stat st;
	int fd;

	if (!stat(s->path, &st) && !S_ISREG(st.st_mode))
		return open(s->path, O_WRONLY | O_CLOEXEC); /* a pipe, a terminal */
	s->temporary = name_beside(s->path);
	if (!s->temporary)
		return -1;
	fd = open_nameless(s->path);
	s->nameless = fd >= 0;
	if (fd < 0 && errno == EOPNOTSUPP)
		fd = open(s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd;
}

static int open_dumper(struct sink *s)
{
	int fd = open_file(s);

	if (fd < 0)
		return fail("%s: cannot be written: %m", s->path);
	s->file = fdopen(fd, "w");
	s->pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	if (s->file && s->pcap)
		s->dumper = pcap_dump_fopen(s->pcap, s->file);
	return s->dumper ? 0 : fail("%s: cannot be written", s->path);
}

struct sink *sink_open(const char *path)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (s)
		s->path = strdup(path);
	if (!s || !s->path || open_dumper(s)) {
		if (s)
			sink_abandon(s);
		return NULL;
	}
	return s;
}

void sink_write(struct sink *s, const struct frame *frame)
{
	struct pcap_pkthdr header = {.ts = frame->time, .caplen = frame->len, .len = frame->len};

	pcap_dump((u8 *)s->dumper, &header, frame->bytes);
}

/* Give the complete file its name. */
static int put_in_place(struct sink *s)
{
	char self[64];

	if (!s->temporary)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(s->file));
	if (s->nameless && linkat(AT_FDCWD, self, AT_FDCWD, s->temporary, AT_SYMLINK_FOLLOW))
		return -1;
	s->nameless = false;
	return rename(s->temporary, s->path);
}

int sink_finish(struct sink *s)
{
	int err = 0;

	if (pcap_dump_flush(s->dumper) || put_in_place(s)) {
		err = fail("%s: cannot be written: %m", s->path);
	} else {
		free(s->temporary);
		s->temporary = NULL;
	}
	sink_abandon(s);
	return err;
}

void sink_abandon(struct sink *s)
{
	if (s->temporary && !s->nameless)
		unlink(s->temporary);
	if (s->dumper)
		pcap_dump_close(s->dumper);
	else if (s->file)
		fclose(s->file);
	if (s->pcap)
		pcap_close(s->pcap);
	free(s->temporary);
	free(s->path);
	free(s);
}
