/*
 * The structural check that comes before libbpf: headers, string tables, symbols and relocations
 * stay within the file and refer to what exists.  libbpf and libelf believe most of that.
 */
#include "load/elf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { MACHINE_BPF = 247 };
static const u64 nobits_max = 1ull << 30;

const char *elf_section_name(const struct elf *elf, u32 section)
{
	return elf->names ? elf->names + elf->sections[section].sh_name : "";
}

int elf_bad(const struct elf *elf, u32 section, const char *fmt, ...)
{
	va_list args;

	load_say(elf->log, 0, "%s: ", elf->file);
	if (section)
		load_say(elf->log, 0, "section %u (%.60s): ", section,
			 elf_section_name(elf, section));
	va_start(args, fmt);
	load_vsay(elf->log, fmt, args);
	va_end(args);
	return load_say(elf->log, -EINVAL, "\n");
}

/* Is this a BPF object at all?  Sets sections. */
static int check_header(struct elf *elf)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf->bytes;

	if (elf->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG))
		return elf_bad(elf, 0, "not an ELF file; compile with clang -O2 -g -target bpf -c");
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
		return elf_bad(elf, 0, "not a 64-bit little-endian ELF file");
	if (header->e_machine != MACHINE_BPF && header->e_machine != EM_NONE)
		return elf_bad(elf, 0,
			       "made for machine %u, not for BPF; compile with clang "
			       "-target bpf",
			       header->e_machine);
	if (header->e_type != ET_REL)
		return elf_bad(elf, 0, "not a relocatable object (type %u); do not link it",
			       header->e_type);
	if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
		return elf_bad(elf, 0, "unknown ELF version %u", header->e_version);
	if (header->e_shentsize != sizeof(Elf64_Shdr) || !header->e_shnum || header->e_shoff % 8 ||
	    !elf_within(header->e_shoff, (u64)header->e_shnum * sizeof(Elf64_Shdr), elf->size))
		return elf_bad(elf, 0,
			       "the section table lies outside of the file; is it truncated?");
	if (header->e_phnum)
		return elf_bad(elf, 0, "an object has no program headers");
	elf->sections = (const Elf64_Shdr *)(elf->bytes + header->e_shoff);
	elf->nr_sections = header->e_shnum;
	return 0;
}

static int check_bounds(const struct elf *elf, u32 i)
{
	const Elf64_Shdr *s = &elf->sections[i];

	if (s->sh_type == SHT_NOBITS)
		return s->sh_size > nobits_max ? elf_bad(elf, i, "larger than 1 GiB") : 0;
	if (!elf_within(s->sh_offset, s->sh_size, elf->size))
		return elf_bad(elf, i, "reaches outside of the file; is it truncated?");
	if (s->sh_addralign & (s->sh_addralign - 1))
		return elf_bad(elf, i, "alignment %llu is no power of two",
			       (unsigned long long)s->sh_addralign);
	if (s->sh_addralign && s->sh_size && s->sh_offset % s->sh_addralign)
		return elf_bad(elf, i, "not aligned as it says");
	return 0;
}

/* Strings begin anywhere in a table; each ends because the table does with a NUL. */
static int check_strings(const struct elf *elf, u32 i)
{
	const Elf64_Shdr *s = &elf->sections[i];
	const char *strings = elf_data(elf, i);

	if (s->sh_type != SHT_STRTAB || !s->sh_size)
		return elf_bad(elf, i, "not a table of strings");
	if (strings[0] || strings[s->sh_size - 1])
		return elf_bad(elf, i, "the table of strings does not begin and end with a NUL");
	return 0;
}

/* Sets names. */
static int check_names(struct elf *elf)
{
	u32 table = ((const Elf64_Ehdr *)elf->bytes)->e_shstrndx;
	u64 size;
	int err;

	if (!table || table >= elf->nr_sections)
		return elf_bad(elf, 0, "no section %u for the sections' names", table);
	err = check_strings(elf, table);
	if (err)
		return err;
	size = elf->sections[table].sh_size;
	for (u32 i = 0; i < elf->nr_sections; i++)
		if (elf->sections[i].sh_name >= size)
			return elf_bad(elf, i, "its name lies outside of the names");
	elf->names = elf_data(elf, table);
	elf->names_size = size;
	return 0;
}

/* A table of records of `unit` bytes. */
static int check_table(const struct elf *elf, u32 i, u32 unit)
{
	const Elf64_Shdr *s = &elf->sections[i];

	if (s->sh_entsize != unit || s->sh_size % unit)
		return elf_bad(elf, i,
			       "records of %llu bytes, %llu in all, are no table of %u "
			       "bytes each",
			       (unsigned long long)s->sh_entsize, (unsigned long long)s->sh_size,
			       unit);
	if (s->sh_offset % 8)
		return elf_bad(elf, i, "not aligned to 8 bytes");
	return 0;
}

static u32 count_symbols(const struct elf *elf)
{
	return elf->symtab ? elf->sections[elf->symtab].sh_size / sizeof(Elf64_Sym) : 0;
}

static int check_symbol(const struct elf *elf, u32 n, const Elf64_Sym *sym, u64 names_size)
{
	u32 type = ELF64_ST_TYPE(sym->st_info), at = sym->st_shndx;

	if (sym->st_name >= names_size)
		return elf_bad(elf, elf->symtab, "symbol %u: its name lies outside of the names",
			       n);
	if (at >= SHN_LORESERVE)
		return at == SHN_ABS || at == SHN_COMMON
			       ? 0
			       : elf_bad(elf, elf->symtab, "symbol %u: unknown section 0x%x", n,
					 at);
	if (at >= elf->nr_sections)
		return elf_bad(elf, elf->symtab, "symbol %u: there is no section %u", n, at);
	if (at && (type == STT_FUNC || type == STT_OBJECT) &&
	    !elf_within(sym->st_value, sym->st_size, elf->sections[at].sh_size))
		return elf_bad(elf, elf->symtab, "symbol %u: reaches outside of section %u (%.60s)",
			       n, at, elf_section_name(elf, at));
	return 0;
}

static int check_symtab(struct elf *elf, u32 i)
{
	const Elf64_Sym *symbols = elf_data(elf, i);
	u32 strings = elf->sections[i].sh_link;
	int err = check_table(elf, i, sizeof(Elf64_Sym));

	if (err)
		return err;
	if (elf->symtab)
		return elf_bad(elf, i, "a second table of symbols");
	if (!strings || strings >= elf->nr_sections)
		return elf_bad(elf, i, "no section %u for the symbols' names", strings);
	err = check_strings(elf, strings);
	elf->symtab = i;
	for (u32 n = 0; !err && n < count_symbols(elf); n++)
		err = check_symbol(elf, n, &symbols[n], elf->sections[strings].sh_size);
	return err;
}

/* Bytes that a relocation of this type changes; 0: BPF has no such type. */
static u32 relocation_width(u32 type)
{
	enum { R_64_64 = 1, R_ABS64 = 2, R_ABS32 = 3, R_NODYLD32 = 4, R_64_32 = 10 };

	switch (type) {
	case R_64_64:
	case R_ABS64:
	case R_64_32:
		return 8;
	case R_ABS32:
	case R_NODYLD32:
		return 4;
	default:
		return 0;
	}
}

static int check_relocation(const struct elf *elf, u32 i, u32 n, const Elf64_Rel *rel)
{
	const Elf64_Shdr *target = &elf->sections[elf->sections[i].sh_info];
	u32 width = relocation_width(ELF64_R_TYPE(rel->r_info));

	if (!width)
		return elf_bad(elf, i, "relocation %u: BPF has no type %u", n,
			       (u32)ELF64_R_TYPE(rel->r_info));
	if (ELF64_R_SYM(rel->r_info) >= count_symbols(elf))
		return elf_bad(elf, i, "relocation %u: there is no symbol %u", n,
			       (u32)ELF64_R_SYM(rel->r_info));
	if (!elf_within(rel->r_offset, width, target->sh_size))
		return elf_bad(elf, i, "relocation %u: reaches outside of section %u (%.60s)", n,
			       elf->sections[i].sh_info,
			       elf_section_name(elf, elf->sections[i].sh_info));
	if ((target->sh_flags & SHF_EXECINSTR) && rel->r_offset % 8)
		return elf_bad(elf, i, "relocation %u: in the middle of an instruction", n);
	return 0;
}

static int check_relocations(const struct elf *elf, u32 i)
{
	const Elf64_Shdr *s = &elf->sections[i];
	const Elf64_Rel *rels = elf_data(elf, i);
	int err = check_table(elf, i, sizeof(*rels));

	if (err)
		return err;
	if (!elf->symtab || s->sh_link != elf->symtab)
		return elf_bad(elf, i, "section %u is not the table of symbols", s->sh_link);
	if (!s->sh_info || s->sh_info >= elf->nr_sections)
		return elf_bad(elf, i, "there is no section %u to relocate", s->sh_info);
	for (u32 n = 0; !err && n < s->sh_size / sizeof(*rels); n++)
		err = check_relocation(elf, i, n, &rels[n]);
	return err;
}

static int check_code(const struct elf *elf, u32 i)
{
	const Elf64_Shdr *s = &elf->sections[i];

	if (s->sh_type == SHT_PROGBITS && (s->sh_flags & SHF_EXECINSTR) && s->sh_size % 8)
		return elf_bad(elf, i, "%llu bytes are no whole number of instructions",
			       (unsigned long long)s->sh_size);
	return 0;
}

/* Symbols come before the relocations that name them. */
static int check_tables(struct elf *elf)
{
	int err = 0;

	for (u32 i = 1; !err && i < elf->nr_sections; i++)
		if (elf->sections[i].sh_type == SHT_SYMTAB)
			err = check_symtab(elf, i);
	for (u32 i = 1; !err && i < elf->nr_sections; i++)
		err = elf->sections[i].sh_type == SHT_REL ? check_relocations(elf, i)
							  : check_code(elf, i);
	if (!err && !elf->symtab)
		err = elf_bad(elf, 0, "no table of symbols; was the object stripped?");
	return err;
}

u32 elf_find_section(const struct elf *elf, const char *name, u32 *count)
{
	u32 found = 0;

	*count = 0;
	for (u32 i = 1; i < elf->nr_sections; i++)
		if (!strcmp(elf_section_name(elf, i), name)) {
			found = i;
			++*count;
		}
	return found;
}

static int check_types(const struct elf *elf)
{
	u32 btfs, exts, btf = elf_find_section(elf, ".BTF", &btfs),
			ext = elf_find_section(elf, ".BTF.ext", &exts);

	if (btfs > 1 || exts > 1)
		return elf_bad(elf, btfs > 1 ? btf : ext, "there are two of them");
	if ((btf && elf->sections[btf].sh_type == SHT_NOBITS) ||
	    (ext && elf->sections[ext].sh_type == SHT_NOBITS))
		return elf_bad(elf, btf, "has no bytes");
	return btf ? elf_check_btf(elf, btf, ext) : 0;
}

/* libbpf before 1.0 took them; its words today name no remedy. */
static int check_old_maps(const struct elf *elf)
{
	u32 count, maps = elf_find_section(elf, "maps", &count);

	if (!maps)
		return 0;
	return elf_bad(elf, maps,
		       "maps as before libbpf 1.0; declare them in SEC(\".maps\"), "
		       "with __uint(type, ..), __type(key, ..), ...");
}

int elf_open(struct elf *elf, const char *name, const u8 *bytes, u64 size, struct load_log *log)
{
	int err;

	*elf = (struct elf){.file = name, .bytes = bytes, .size = size, .log = log};
	err = check_header(elf);
	for (u32 i = 1; !err && i < elf->nr_sections; i++)
		err = check_bounds(elf, i);
	if (!err)
		err = check_names(elf);
	if (!err)
		err = check_tables(elf);
	if (!err)
		err = check_old_maps(elf);
	return err ? err : check_types(elf);
}
