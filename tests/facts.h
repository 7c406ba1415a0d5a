/* Rows of tests/facts/NAME.tsv.xz: what Linux 6.18 does, recorded. */
#ifndef SKEP_TESTS_FACTS_H
#define SKEP_TESTS_FACTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Open NAME.tsv, unpacked, past its header line; close with pclose.  NULL when it is not there. */
static inline FILE *facts_open(const char *name)
{
	const char *dir = getenv("SKEP_FACTS");
	char command[512], header[4096];
	FILE *f;

	snprintf(command, sizeof(command), "xz -dc '%s/%s.tsv.xz'", dir ? dir : "tests/facts",
		 name);
	f = popen(command, "r");
	if (f && !fgets(header, sizeof(header), f)) {
		pclose(f);
		f = NULL;
	}
	return f;
}

/* Split a line at its tabs, in place, into at most `max` columns; missing ones are "". */
static inline void facts_split(char *line, char *column[], int max)
{
	line[strcspn(line, "\n")] = 0;
	for (int i = 0; i < max; i++) {
		column[i] = line;
		line += strcspn(line, "\t");
		if (*line)
			*line++ = 0;
	}
}

#endif
