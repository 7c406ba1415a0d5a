/* An instance with one object opened in it: what commands on objects begin with. */
#ifndef SKEP_TOOLS_SESSION_H
#define SKEP_TOOLS_SESSION_H

#include "load/load.h"

struct session_options {
	const char *path;
	const char *program; /* NULL: the only one */
	const char *btf_path;
	u32 kernel_version;
	enum skep_engine engine;
	u32 unproven; /* programs are believed */
};

struct session {
	const char *path;
	struct skep *skep;
	struct loaded loaded; /* opened; session_load creates and loads */
};

/* 0, or TOOL_FAILED after a message; then there is nothing to close. */
int session_open(struct session *session, const struct session_options *options);
int session_load(struct session *session);
void session_close(struct session *session);

#endif
