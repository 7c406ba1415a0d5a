/* The `skep` command: finds the subcommand's row and hands it the rest of the line. */
#include <stdio.h>
#include <string.h>

#include "tools/tool.h"
#include "tools/version.h"

static bool is_word(const char *arg, const char *a, const char *b)
{
	return !strcmp(arg, a) || !strcmp(arg, b);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";

	if (is_word(word, "--version", "-V"))
		return printf("skep %s\n", SKEP_VERSION) < 0;
	if (!is_word(word, "--help", "-h") && !is_word(word, "help", "help"))
		return tool_main(argc - 1, argv + 1);
	if (argc > 2) {
		char *help[] = {argv[2], "--help", NULL};

		return tool_main(2, help);
	}
	tool_overview();
	return argc > 1 ? TOOL_OK : TOOL_USAGE;
}
