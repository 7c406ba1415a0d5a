/*
 * The verifier's log, line by line: 81 programs at levels 1, 2, 4 and 5, as Linux 6.18 wrote it.
 * Addresses, and the time that it took, are masked.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/sys.h"
#include "tests/facts.h"
#include "tests/lib/load_facts.h"
#include "tests/tap.h"

enum { MAX_PROGRAM = 512, RECORDED = 60000 };

static struct load_facts t;
static char folder[] = "/tmp/skep_logs_XXXXXX";
static char recorded[RECORDED + 1], here[LOAD_LOG];

/* Maps that the programs name; these are those of the probe. */
static struct {
	const char *mark;
	u32 type, key, value, entries;
	int fd;
} maps[] = {
	{"{ARR}", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0},
	{"{HASH}", BPF_MAP_TYPE_HASH, 4, 16, 4, 0},
	{"{PROG}", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0},
	{"{RB}", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0},
};

static int begin(void)
{
	const char *dir = getenv("SKEP_FACTS");
	char command[512];

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		union bpf_attr attr = {.map_type = maps[i].type,
				       .key_size = maps[i].key,
				       .value_size = maps[i].value,
				       .max_entries = maps[i].entries};

		maps[i].fd = (int)sys_bpf(t.skep, BPF_MAP_CREATE, &attr, sizeof(attr));
		if (maps[i].fd < 0)
			return 0;
	}
	if (!mkdtemp(folder))
		return 0;
	snprintf(command, sizeof(command), "tar xJf '%s/logs.tar.xz' -C %s",
		 dir ? dir : "tests/facts", folder);
	return !system(command);
}

static void end(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK_EQ(system(command), 0);
}

/* "b700000000000000 1811000000000000{ARR} ...": its length, or 0 when it names what is not here. */
static u32 parse(const char *text, struct bpf_insn insns[MAX_PROGRAM])
{
	u32 n = 0;

	for (; *text && n < MAX_PROGRAM; n++) {
		u8 *to = (u8 *)&insns[n];
		size_t i, marked = 0;

		for (i = 0; i < sizeof(*insns); i++, text += 2)
			sscanf(text, "%2hhx", &to[i]);
		for (i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
			size_t len = strlen(maps[i].mark);

			if (strncmp(text, maps[i].mark, len))
				continue;
			insns[n].imm = maps[i].fd;
			marked = len;
		}
		/* this one is bad on purpose */
		marked = !strncmp(text, "{BADFD}", 7) ? 7 : marked;
		if (*text == '{' && !marked)
			return 0;
		text += marked;
		text += *text == ' ';
	}
	return n;
}

static int is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Numbers of 16 digits are addresses; some were masked when they were recorded. */
static void mask(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		size_t digits = 0;

		if (!strncmp(at, "verification time ", 18)) {
			at += strcspn(at, "\n");
			continue;
		}
		while (!strncmp(at, "0x", 2) && is_hex(at[2 + digits]))
			digits++;
		if (!strncmp(at, "0xKPTR", 6))
			digits = 4;
		else if (digits < 16)
			digits = 0;
		if (digits) {
			*to++ = '@';
			at += 2 + digits;
		} else {
			*to++ = *at++;
		}
	}
	*to = 0;
}

static int read_recorded(const char *nr, const char *name, u32 level)
{
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/logs/%s_%s.l%u.txt", folder, nr, name, level);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(recorded, 1, RECORDED, f);
	recorded[n] = 0;
	fclose(f);
	return 1;
}

/* The first line that differs; NULL.  What was cut off is not compared. */
static const char *compare(void)
{
	const char *a = recorded, *b = here;
	int cut = strlen(recorded) == RECORDED;

	memcpy(here, t.log, LOAD_LOG);
	mask(here);
	mask(recorded);
	while (*a) {
		size_t n = strcspn(a, "\n");

		if (cut && !a[n])
			return NULL;
		if (strncmp(a, b, n + 1))
			return b;
		a += n + (a[n] == '\n');
		b += n + (b[n] == '\n');
	}
	return *b && !cut ? b : NULL;
}

enum { NR, NAME, WHAT, TYPE, ATTACH, LICENSE, FLAGS, RESULT, ERRNO, COUNT, INSNS, COLUMNS };

/* The index has level 1's: where that log did not fit, the others say what was wrong. */
static const char *errno_at(char *column[], u32 level)
{
	return level != 1 && !strcmp(column[ERRNO], "ENOSPC") ? "E2BIG" : column[ERRNO];
}

static void one_level(char *column[], struct load *load)
{
	char row[128], says[256];
	const char *differs;
	int err;

	if (!read_recorded(column[NR], column[NAME], load->log_level))
		return;
	err = load_facts_load(&t, load);
	differs = compare();
	snprintf(row, sizeof(row), "%s_%s level %u: %s\n", column[NR], column[NAME],
		 load->log_level, column[ERRNO]);
	snprintf(says, sizeof(says), "%s %.*s", load_facts_errno(err),
		 differs ? (int)strcspn(differs, "\n") : 0, differs ? differs : "");
	load_facts_judge(
		&t, !differs && !strcmp(load_facts_errno(err), errno_at(column, load->log_level)),
		row, says);
}

static void logs(void)
{
	static const u32 levels[] = {1, 2, 4, 5};
	char path[64], line[16384], *column[COLUMNS];
	FILE *f;

	snprintf(path, sizeof(path), "%s/logs/index.tsv", folder);
	f = fopen(path, "r");
	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		struct bpf_insn insns[MAX_PROGRAM];
		struct load load = {.insns = insns};

		facts_split(line, column, COLUMNS);
		if (!strcmp(column[NR], "nr"))
			continue;
		load.type = (u32)atoi(column[TYPE]);
		load.attach = (u32)atoi(column[ATTACH]);
		load.license = column[LICENSE];
		load.flags = (u32)strtoul(column[FLAGS], NULL, 0);
		load.len = parse(column[INSNS], insns);
		if (!load.len) {
			/* locks */
			t.out_of_scope++;
			continue;
		}
		for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
			load.log_level = levels[i];
			one_level(column, &load);
		}
	}
	fclose(f);
	CHECK(load_facts_report(&t, "logs", 310));
}

int main(void)
{
	if (!CHECK(load_facts_begin(&t)) || !CHECK(begin()))
		return 1;
	TEST(logs);
	end();
	load_facts_end(&t);
	return tap_status();
}
