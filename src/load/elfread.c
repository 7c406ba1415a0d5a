/* What is in an object that was checked: functions, and what relocations refer to. */
#include "load/elf.h"

static const Elf64_Sym *symbols_of(const struct elf *elf, u32 *count)
{
	*count = elf->sections[elf->symtab].sh_size / sizeof(Elf64_Sym);
	return elf_data(elf, elf->symtab);
}

static const char *symbol_name(const struct elf *elf, const Elf64_Sym *sym)
{
	const char *strings = elf_data(elf, elf->sections[elf->symtab].sh_link);

	if (ELF64_ST_TYPE(sym->st_info) == STT_SECTION && sym->st_shndx < elf->nr_sections)
		return elf_section_name(elf, sym->st_shndx);
	return strings + sym->st_name;
}

static int is_code(const struct elf *elf, const Elf64_Sym *sym)
{
	const Elf64_Shdr *s = &elf->sections[sym->st_shndx < elf->nr_sections ? sym->st_shndx : 0];

	return ELF64_ST_TYPE(sym->st_info) == STT_FUNC && s->sh_type == SHT_PROGBITS &&
	       (s->sh_flags & SHF_EXECINSTR) && sym->st_value % 8 == 0 && sym->st_size % 8 == 0 &&
	       sym->st_size;
}

void elf_each_function(const struct elf *elf,
		       void (*fn)(void *cookie, const struct elf_function *function), void *cookie)
{
	u32 count;
	const Elf64_Sym *symbols = symbols_of(elf, &count);

	for (u32 i = 0; i < count; i++) {
		const Elf64_Sym *sym = &symbols[i];
		struct elf_function function;

		if (!is_code(elf, sym))
			continue;
		function = (struct elf_function){
			.name = symbol_name(elf, sym),
			.section = sym->st_shndx,
			.off = sym->st_value,
			.insns = (const void *)((const u8 *)elf_data(elf, sym->st_shndx) +
						sym->st_value),
			.len = sym->st_size / 8,
		};
		fn(cookie, &function);
	}
}

/* The relocation sections of `section`: the next after `from`, 0 when there is none. */
static u32 next_relocations(const struct elf *elf, u32 section, u32 from)
{
	for (u32 i = from + 1; i < elf->nr_sections; i++)
		if (elf->sections[i].sh_type == SHT_REL && elf->sections[i].sh_info == section)
			return i;
	return 0;
}

static void each_function_in(const struct elf *elf, u32 relocations,
			     void (*fn)(void *cookie, const char *name), void *cookie)
{
	const Elf64_Rel *rels = elf_data(elf, relocations);
	u32 count, n = elf->sections[relocations].sh_size / sizeof(*rels);
	const Elf64_Sym *symbols = symbols_of(elf, &count);

	for (u32 i = 0; i < n; i++) {
		const Elf64_Sym *sym = &symbols[ELF64_R_SYM(rels[i].r_info)];

		if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC)
			fn(cookie, symbol_name(elf, sym));
	}
}

void elf_each_map_function(const struct elf *elf, void (*fn)(void *cookie, const char *name),
			   void *cookie)
{
	u32 count, maps = elf_find_section(elf, ".maps", &count), at = 0;

	while (maps && (at = next_relocations(elf, maps, at)))
		each_function_in(elf, at, fn, cookie);
}

const char *elf_symbol_at(const struct elf *elf, u32 section, u64 off)
{
	u32 count, at = 0;
	const Elf64_Sym *symbols = symbols_of(elf, &count);

	while ((at = next_relocations(elf, section, at))) {
		const Elf64_Rel *rels = elf_data(elf, at);

		for (u32 i = 0; i < elf->sections[at].sh_size / sizeof(*rels); i++)
			if (rels[i].r_offset == off)
				return symbol_name(elf, &symbols[ELF64_R_SYM(rels[i].r_info)]);
	}
	return NULL;
}
