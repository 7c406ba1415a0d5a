/* The bar is one line on stderr, drawn ten times a second. */
#include "tools/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/tool.h"

static const u64 first_ns = 1000000000, again_ns = 100000000;

void progress_begin(struct progress *p)
{
	*p = (struct progress){.start_ns = now_ns(), .terminal = isatty(STDERR_FILENO)};
}

void progress_update(struct progress *p, double done, u64 count)
{
	static const char full[] = "##############################";
	u64 now;
	int width;

	if (!p->terminal)
		return;
	now = now_ns();
	if (now - p->start_ns < first_ns || now - p->shown_ns < again_ns)
		return;
	p->shown_ns = now;
	p->shown = true;
	width = done < 0 ? 0 : done > 1 ? 30 : (int)(done * 30);
	if (done < 0)
		fprintf(stderr, "\r%llu packets ", (unsigned long long)count);
	else
		fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %llu packets ", width, full, 30 - width, "",
			done * 100, (unsigned long long)count);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
