/* What a C test needs: check conditions, print TAP.  One test program is one main() of TESTs. */
#ifndef SKEP_TESTS_TAP_H
#define SKEP_TESTS_TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_failed, tap_bad;

/* Within a test: note the place and go on. */
#define CHECK(cond) ((cond) ? 1 : (tap_bad++, printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond), 0))
#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		long long tap_got = (long long)(got), tap_want = (long long)(want);                \
		if (tap_got != tap_want) {                                                         \
			tap_bad++;                                                                 \
			printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", __FILE__,      \
			       __LINE__, #got, tap_got, tap_got, tap_want, tap_want);              \
		}                                                                                  \
	} while (0)

static inline void tap_end(const char *name)
{
	printf("%sok - %s\n", tap_bad ? "not " : "", name);
	fflush(stdout);
	tap_failed += tap_bad != 0;
	tap_bad = 0;
}

/* Run a test function and report it under its name. */
#define TEST(fn) (fn(), tap_end(#fn))

static inline void tap_skip(const char *name, const char *why)
{
	printf("ok - %s # SKIP %s\n", name, why);
}

static inline int tap_status(void)
{
	return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
