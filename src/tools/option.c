/* The command line against a tool's table of options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

enum { KERNEL_FIRST = 0x031200, KERNEL_LAST = 0x061200 };

struct parse {
	const struct tool *tool;
	char **argv;
	int argc;
	int at;            /* the next word */
	const char *value; /* of --name=value, or NULL */
	char *opts;
};

bool option_number(const char *text, u64 *out)
{
	char *end;
	u64 value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end || errno)
		return false;
	*out = value;
	return true;
}

int option_hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

u32 option_kernel_version(const char *text)
{
	unsigned int major, minor, patch = 0;
	char rest;
	int n = sscanf(text, "%3u.%3u.%3u%c", &major, &minor, &patch, &rest);

	if ((n != 2 && n != 3) || strspn(text, "0123456789.") != strlen(text))
		return 0;
	if (major > 255 || minor > 255 || patch > 255)
		return 0;
	return major << 16 | minor << 8 | patch;
}

static const struct option *option_by_name(const struct tool *tool, const char *name, size_t len,
					   const char **near)
{
	char word[32];
	u32 least = len < 8 ? (u32)len / 2 + 1 : 4;

	snprintf(word, sizeof(word), "%.*s", (int)(len < 31 ? len : 31), name);
	*near = NULL;
	for (const struct option *o = tool->options; o->name; o++) {
		u32 distance = edit_distance(word, o->name);

		if (!distance && len < sizeof(word))
			return o;
		if (distance < least) {
			least = distance;
			*near = o->name;
		}
	}
	return NULL;
}

static int bad_value(const struct parse *p, const struct option *o, const char *text)
{
	static const char *const wants[] = {
		[OPTION_NUMBER] = "a number",
		[OPTION_COUNT] = "a number from 1 on",
		[OPTION_KERNEL] = "a version such as 5.15",
		[OPTION_CHOICE] = "one of",
	};
	char list[128] = "";

	for (u32 i = 0; o->choices && o->choices[i]; i++) {
		strncat(list, " ", sizeof(list) - strlen(list) - 1);
		strncat(list, o->choices[i], sizeof(list) - strlen(list) - 1);
	}
	usage(p->tool, "--%s wants %s%s, not \"%s\"", o->name, wants[o->kind], list, text);
	return -1;
}

/* bpf(2) came with the first of them, and the last is the one that skep is. */
static int store_kernel(const struct parse *p, const struct option *o, const char *text)
{
	u32 version = option_kernel_version(text);

	if (!version)
		return bad_value(p, o, text);
	if (version < KERNEL_FIRST || version >> 8 > KERNEL_LAST >> 8) {
		usage(p->tool, "--%s goes from 3.18, which brought bpf(2), to 6.18, not \"%s\"",
		      o->name, text);
		return -1;
	}
	*(u32 *)(p->opts + o->off) = version;
	return 0;
}

static int store_count(const struct parse *p, const struct option *o, const char *text)
{
	u64 *count = (u64 *)(p->opts + o->off);

	return option_number(text, count) && *count ? 0 : bad_value(p, o, text);
}

static int store_choice(const struct parse *p, const struct option *o, const char *text)
{
	for (u32 i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], text)) {
			*(const char **)(p->opts + o->off) = text;
			return 0;
		}
	}
	return bad_value(p, o, text);
}

static int store_pair(struct parse *p, const struct option *o)
{
	struct option_pairs *pairs = (struct option_pairs *)(p->opts + o->off);
	char ***grown;

	if (p->value || p->argc - p->at < 2) {
		usage(p->tool, "--%s wants two arguments: %s", o->name, o->arg);
		return -1;
	}
	grown = realloc(pairs->at, (pairs->count + 1) * sizeof(*grown));
	if (!grown)
		return fail("out of memory"), -1;
	pairs->at = grown;
	pairs->at[pairs->count++] = p->argv + p->at;
	p->at += 2;
	return 0;
}

static int store_text(const struct parse *p, const struct option *o, const char *text)
{
	void *to = p->opts + o->off;

	switch (o->kind) {
	case OPTION_NUMBER:
		return option_number(text, to) ? 0 : bad_value(p, o, text);
	case OPTION_COUNT:
		return store_count(p, o, text);
	case OPTION_KERNEL:
		return store_kernel(p, o, text);
	case OPTION_CHOICE:
		return store_choice(p, o, text);
	default:
		*(const char **)to = text;
		return 0;
	}
}

static int store_flag(const struct parse *p, const struct option *o)
{
	if (p->value) {
		usage(p->tool, "--%s takes no argument", o->name);
		return -1;
	}
	*(bool *)(p->opts + o->off) = true;
	return 0;
}

static int store(struct parse *p, const struct option *o)
{
	if (o->kind == OPTION_FLAG)
		return store_flag(p, o);
	if (o->kind == OPTION_PAIRS)
		return store_pair(p, o);
	if (p->value)
		return store_text(p, o, p->value);
	if (p->at == p->argc) {
		usage(p->tool, "--%s wants an argument: %s", o->name, o->arg);
		return -1;
	}
	return store_text(p, o, p->argv[p->at++]);
}

static int parse_option(struct parse *p, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '='), *near;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *o = option_by_name(p->tool, name, len, &near);

	if (!o) {
		usage(p->tool,
		      near ? "there is no option \"%s\"; did you mean --%s?"
			   : "there is no option \"%s\"",
		      word, near);
		return -1;
	}
	p->value = equals ? equals + 1 : NULL;
	return store(p, o);
}

int option_parse(const struct tool *tool, int argc, char **argv, void *opts, char **args)
{
	struct parse p = {.tool = tool, .argv = argv, .argc = argc, .at = 1, .opts = opts};
	bool only_args = false;
	int nargs = 0;

	while (p.at < argc) {
		const char *word = argv[p.at++];

		if (!strcmp(word, "-v") && !only_args)
			word = "--verbose";
		if (only_args || word[0] != '-' || !word[1]) {
			args[nargs++] = argv[p.at - 1];
			only_args |= tool->runs_program;
		} else if (!strcmp(word, "--")) {
			only_args = true;
		} else if (word[1] != '-') {
			usage(tool, "there is no option \"%s\"", word);
			return -1;
		} else if (parse_option(&p, word)) {
			return -1;
		}
	}
	return nargs;
}
