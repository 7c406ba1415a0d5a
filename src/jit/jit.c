/* The JIT as an engine: compile a program into the instance's code memory, let go of it again. */
#include <errno.h>

#include "base/skep.h"
#include "jit/code.h"
#include "jit/internal.h"

/* Lay the code out and find memory for it; once more if that is not near the library. */
static int place_code(struct jit *jit, struct skep *skep, struct code_block *block)
{
	int err;

	jit->far = !code_is_near(skep);
	jit_layout(jit);
	err = code_alloc(skep, jit->size, !jit->far, block);
	if (err != -ERANGE)
		return err;
	jit->far = 1;
	jit_layout(jit);
	return code_alloc(skep, jit->size, 0, block);
}

static void set_home(const struct jit *jit, struct prog *prog)
{
	uintptr_t thunk = (uintptr_t)prog->image + jit_offset(jit, jit->thunk);

	if (jit->thunk)
		prog->home = (struct run_home){&prog->obj, prog, (run_callback)thunk};
}

static int make_code(struct jit *jit, struct prog *prog)
{
	struct code_block block;
	int err = jit->arch->emit(jit);

	if (!err)
		err = place_code(jit, prog->obj.skep, &block);
	if (err)
		return err;
	jit_link(jit, block.rw, ptr_to_u64(block.rx));
	prog->image = block.rx;
	prog->image_size = jit->size;
	prog->entry = (prog_entry)(uintptr_t)block.rx;
	set_home(jit, prog);
	return 0;
}

int jit_compile(struct prog *prog, u8 without)
{
	struct jit jit = {.prog = prog, .os = prog->obj.skep->os, .arch = jit_arch_host()};
	int err;

	if (!jit.arch)
		return -ENOTSUPP;
	jit.features = jit.arch->features() & ~without;
	err = make_code(&jit, prog);
	os_free(jit.os, jit.buf);
	os_free(jit.os, jit.fix);
	os_free(jit.os, jit.place);
	os_free(jit.os, jit.is_loop);
	return err;
}

static int compile(struct prog *prog)
{
	return jit_compile(prog, 0);
}

static void release(struct prog *prog)
{
	code_free(prog->obj.skep, prog->image);
}

const struct engine engine_jit = {.name = "jit", .compile = compile, .release = release};
