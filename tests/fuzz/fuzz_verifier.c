/*
 * Any bytes as a program: the first four pick type, attach type and flags, the rest are
 * instructions. What the verifier lets through has to compile, too.
 */
#include "interp/interp.h"
#include "jit/jit.h"
#include "tests/lib/verify.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { MAX_LEN = 4096 };

static struct verify v;

/* fds 3 to 6, which the mutator finds quickly. */
static int begin(void)
{
	if (v.skep)
		return 1;
	return verify_begin(&v) && verify_map(&v, BPF_MAP_TYPE_ARRAY, 4, 8, 1) == 3 &&
	       verify_map(&v, BPF_MAP_TYPE_HASH, 4, 16, 4) == 4 &&
	       verify_map(&v, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4) == 5 &&
	       verify_map(&v, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096) == 6;
}

static void compile(struct prog *prog, const struct engine *engine)
{
	prog->engine = engine;
	if (engine->compile(prog))
		prog->engine = NULL;
	else
		engine->release(prog);
	prog->engine = NULL;
	prog->image = NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bpf_insn insns[MAX_LEN];
	struct verify_load load = {.insns = insns};
	struct prog *prog;

	if (!begin() || size < 12 || (size - 4) / 8 > MAX_LEN)
		return 0;
	load.type = 1 + data[0] % (__MAX_BPF_PROG_TYPE - 1);
	load.attach = data[1] % __MAX_BPF_ATTACH_TYPE;
	load.flags = data[2];
	load.log_level = 1 + data[3] % 7;
	load.len = (u32)((size - 4) / 8);
	memcpy(insns, data + 4, load.len * sizeof(*insns));
	if (verify_check(&v, &load, &prog))
		return 0;
	compile(prog, &engine_jit);
	compile(prog, &engine_checked);
	obj_put(&prog->obj);
	return 0;
}
