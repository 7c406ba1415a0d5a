/* The version of skep: the one place that says it. */
#ifndef SKEP_TOOLS_VERSION_H
#define SKEP_TOOLS_VERSION_H

#define SKEP_VERSION "0.1.0"

#endif
