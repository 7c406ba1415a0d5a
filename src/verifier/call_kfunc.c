/* Calls of kernel functions: not yet; what is known already is refused as Linux refuses it. */
#include <errno.h>

#include "verifier/walk.h"

int call_kfunc(struct walk *w, const struct bpf_insn *insn)
{
	if (!kfunc_called(w->env, insn))
		return reject(w->env, -EINVAL,
			      "invalid kernel function call not eliminated in verifier pass");
	return not_yet(w, "kernel functions");
}
