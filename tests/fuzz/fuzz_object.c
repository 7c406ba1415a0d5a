/* Objects: whatever passes the structural check, libbpf has to open without harm. */
#include "load/elf.h"

#include <stdint.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void count(void *cookie, const char *name)
{
	*(size_t *)cookie += strlen(name);
}

static void add(void *cookie, const struct elf_function *function)
{
	for (u32 i = 0; i < function->len; i++)
		*(size_t *)cookie += function->insns[i].code;
}

static void open_with_libbpf(const uint8_t *bytes, size_t size)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = "fuzz"};
	struct bpf_object *object = bpf_object__open_mem(bytes, size, &opts);

	if (object)
		bpf_object__close(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	u8 *aligned = malloc(size + 1); /* as read_file has it */
	struct load_log log = {0};
	struct load_log *before;
	struct elf elf;
	size_t sum = 0;

	memcpy(aligned, bytes, size);
	before = load_log_to(&log);
	if (!elf_open(&elf, "fuzz", aligned, size, &log)) {
		elf_each_function(&elf, add, &sum);
		elf_each_map_function(&elf, count, &sum);
		open_with_libbpf(aligned, size);
	}
	load_log_to(before);
	load_log_free(&log);
	free(aligned);
	return 0;
}
