/* Program types that are for GPL compatible programs as a whole. */
#include <errno.h>

#include "verifier/internal.h"

int pass_license(struct env *env)
{
	if (!(env->prog->type->flags & PROGTYPE_GPL) || env->prog->gpl)
		return 0;
	return reject(env, -EINVAL, "struct ops programs must have a GPL compatible license");
}
