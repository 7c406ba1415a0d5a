/* skep completion: the bash completion, written out from the tables. */
#include <stdio.h>

#include "tools/tool.h"

static void print_words(const struct tool *tool)
{
	printf("\t%s) words='", tool->name);
	for (const struct option *o = tool->options; o->name; o++)
		printf("--%s ", o->name);
	puts("--help' ;;");
}

static void print_choices(const struct tool *tool)
{
	for (const struct option *o = tool->options; o->name; o++) {
		if (o->kind == OPTION_FILE)
			printf("\t%s,--%s) return ;;\n", tool->name, o->name);
		if (o->kind != OPTION_CHOICE)
			continue;
		printf("\t%s,--%s) words='", tool->name, o->name);
		for (u32 i = 0; o->choices[i]; i++)
			printf("%s ", o->choices[i]);
		puts("' ;;");
	}
}

static int completion_run(void *opts, char **args, int nargs)
{
	(void)opts, (void)args, (void)nargs;
	puts("# bash completion for skep, made by 'skep completion'\n"
	     "_skep()\n{\n"
	     "\tlocal command=${COMP_WORDS[1]} words\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	     "\tCOMPREPLY=()\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\tCOMPREPLY=($(compgen -W '", stdout);
	for (u32 i = 0; tools[i]; i++)
		printf("%s ", tools[i]->name);
	puts("--help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n"
	     "\twords=\n\tcase \"$command,$prev\" in");
	for (u32 i = 0; tools[i]; i++)
		print_choices(tools[i]);
	puts("\tesac\n\t[ -n \"$words\" ] || case \"$command\" in");
	for (u32 i = 0; tools[i]; i++)
		print_words(tools[i]);
	puts("\tesac\n"
	     "\tcase \"$cur\" in\n"
	     "\t-*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	     "\t*) [ \"${words#--}\" != \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- "
	     "\"$cur\")) ;;\n"
	     "\tesac\n}\n"
	     "# nothing to offer: file names\n"
	     "complete -o default -F _skep skep");
	return TOOL_OK;
}

static const struct option completion_options[] = {{0}};

const struct tool tool_completion = {
	.name = "completion",
	.summary = "print the completion for bash",
	.args = "",
	.about = "Prints a script that makes bash complete skep's commands and options.\n",
	.examples = "  . <(skep completion)      for this shell\n"
		    "  skep completion > ~/.local/share/bash-completion/completions/skep\n",
	.options = completion_options,
	.run = completion_run,
};
