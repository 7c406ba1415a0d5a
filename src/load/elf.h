/*
 * A BPF object's bytes, checked once: past elf_open all that refers to something refers to what is
 * there, and only then libbpf gets to see it.
 */
#ifndef SKEP_LOAD_ELF_H
#define SKEP_LOAD_ELF_H

#include <elf.h>

#include "load/load.h"

struct elf {
	const char *file; /* for messages */
	const u8 *bytes;
	u64 size;
	const Elf64_Shdr *sections;
	u32 nr_sections;
	const char *names; /* of sections; NULL until they are known to be sound */
	u64 names_size;
	u32 symtab; /* its section, 0: none */
	struct load_log *log;
};

/* Is [off, off + size) within `len` bytes? */
static inline int elf_within(u64 off, u64 size, u64 len)
{
	return off <= len && size <= len - off;
}

/* The bytes of a section that has some in the file. */
static inline const void *elf_data(const struct elf *elf, u32 section)
{
	return elf->bytes + elf->sections[section].sh_offset;
}

/*
 * Check all of it.  0, or -EINVAL with a sentence in log that names section and what is wrong.  elf
 * points into bytes; there is nothing to close.
 */
int elf_open(struct elf *elf, const char *file, const u8 *bytes, u64 size, struct load_log *log);

/* The section of that name, 0 when there is none; *count tells how many there are. */
u32 elf_find_section(const struct elf *elf, const char *name, u32 *count);

/* A function and its instructions. */
struct elf_function {
	const char *name;
	u32 section;
	u32 off; /* in it, in bytes */
	const struct bpf_insn *insns;
	u32 len;
};

/* Call fn with each function of each code section, in the order of the symbols. */
void elf_each_function(const struct elf *elf,
		       void (*fn)(void *cookie, const struct elf_function *function), void *cookie);

/* Call fn with the name of each function that .maps refers to: what prog arrays hold at first. */
void elf_each_map_function(const struct elf *elf, void (*fn)(void *cookie, const char *name),
			   void *cookie);

/* What the relocation at a place of a section refers to: a symbol's or section's name, or NULL. */
const char *elf_symbol_at(const struct elf *elf, u32 section, u64 off);

/* The name, once elf->names is set; "" otherwise. */
const char *elf_section_name(const struct elf *elf, u32 section);

/* "FILE: section NAME: ...".  Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int elf_bad(const struct elf *elf, u32 section,
						  const char *fmt, ...);

/* btfcheck.c: the types in section `btf`, and what `ext` (0: none) says of instructions. */
int elf_check_btf(const struct elf *elf, u32 btf, u32 ext);

#endif
