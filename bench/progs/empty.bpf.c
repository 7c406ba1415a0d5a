/* What a run costs when the program does nothing. */
#include "bench.h"

PROGRAM(empty)
{
	return 2;
}

LICENSE;
