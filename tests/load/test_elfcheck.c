/* The check before libbpf: every cut, every changed byte ends in a sentence or in a sound object.
 */
#include "load/elf.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/tap.h"

enum { OBJECT_MAX = 1 << 20 };

static u8 *object;
static size_t object_size;

static int check(const u8 *bytes, size_t size, struct load_log *log)
{
	struct elf elf;

	return elf_open(&elf, "x.o", bytes, size, log);
}

/* The sentence that an object with `size` bytes at `off` replaced gets; "" when it is sound. */
static const char *said_of(u64 off, const void *patch, size_t size)
{
	static char said[512];
	struct load_log log = {0};
	u8 *copy = malloc(object_size);

	memcpy(copy, object, object_size);
	memcpy(copy + off, patch, size);
	check(copy, object_size, &log);
	snprintf(said, sizeof(said), "%s", log.text ? log.text : "");
	load_log_free(&log);
	free(copy);
	return said;
}

static void the_object_itself_passes(void)
{
	struct load_log log = {0};

	CHECK_EQ(check(object, object_size, &log), 0);
	CHECK(!log.text);
}

static void every_cut_is_refused_in_words(void)
{
	for (size_t size = 0; size < object_size; size++) {
		u8 *cut = malloc(size + 1);
		struct load_log log = {0};

		memcpy(cut, object, size);
		if (!CHECK(check(cut, size, &log)) || !CHECK(log.len > 5))
			printf("# cut at %zu\n", size);
		load_log_free(&log);
		free(cut);
	}
}

/* No harm: ASan watches.  Most bytes are code or text, where any value is sound. */
static void every_changed_byte_is_survived(void)
{
	u8 *copy = malloc(object_size);
	u32 refused = 0;

	memcpy(copy, object, object_size);
	for (size_t i = 0; i < object_size; i++) {
		static const u8 changes[] = {0x01, 0x80, 0xff};

		for (u32 c = 0; c < ARRAY_SIZE(changes); c++) {
			struct load_log log = {0};

			copy[i] ^= changes[c];
			refused += check(copy, object_size, &log) != 0;
			load_log_free(&log);
			copy[i] = object[i];
		}
	}
	CHECK(refused > 100);
	free(copy);
}

#define HEADER(member) offsetof(Elf64_Ehdr, member)

static void messages_say_what_is_wrong(void)
{
	static const struct {
		u64 off;
		u8 bytes[8];
		u32 size;
		const char *said;
	} cases[] = {
		{0,
		 {'P', 'K'},
		 2,
		 "x.o: not an ELF file; compile with clang -O2 -g -target bpf -c\n"},
		{EI_CLASS, {1}, 1, "x.o: not a 64-bit little-endian ELF file\n"},
		{HEADER(e_machine),
		 {62},
		 1,
		 "x.o: made for machine 62, not for BPF; compile with clang -target bpf\n"},
		{HEADER(e_type),
		 {2},
		 1,
		 "x.o: not a relocatable object (type 2); do not link it\n"},
		{HEADER(e_shoff),
		 {0, 0, 0, 0, 1},
		 5,
		 "x.o: the section table lies outside of the file; is it truncated?\n"},
		{HEADER(e_shstrndx), {0xff, 0}, 2, "x.o: no section 255 for the sections' names\n"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *said = said_of(cases[i].off, cases[i].bytes, cases[i].size);

		if (!CHECK(!strcmp(said, cases[i].said)))
			printf("# \"%s\" instead of \"%s\"\n", said, cases[i].said);
	}
}

/* The n-th section of a type, 0 when there is none. */
static const Elf64_Shdr *section_of(u32 type)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)object;
	const Elf64_Shdr *s = (const Elf64_Shdr *)(object + header->e_shoff);

	for (u32 i = 0; i < header->e_shnum; i++)
		if (s[i].sh_type == type)
			return &s[i];
	return NULL;
}

static void hostile_indices_are_refused(void)
{
	static const u8 ff[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
	const Elf64_Shdr *rel = section_of(SHT_REL), *symtab = section_of(SHT_SYMTAB);

	if (!CHECK(rel && symtab))
		return;
	CHECK(strstr(said_of(rel->sh_offset, ff, 8), "relocation 0: reaches outside of section"));
	CHECK(strstr(said_of(rel->sh_offset + 12, ff, 4), "relocation 0: there is no symbol"));
	CHECK(strstr(said_of(rel->sh_offset + 8, ff, 4), "relocation 0: BPF has no type"));
	CHECK(strstr(said_of(symtab->sh_offset + 24, ff, 4),
		     "symbol 1: its name lies outside of the names"));
	CHECK(strstr(said_of(symtab->sh_offset + 24 + 6, "\xf0\x00", 2),
		     "symbol 1: there is no section 240"));
}

int main(void)
{
	const char *build = getenv("B");
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/examples/drop.bpf.o", build ? build : "build");
	file = fopen(path, "r");
	if (!file) {
		tap_skip("elfcheck", "examples/ are not built: make examples");
		return 0;
	}
	object = malloc(OBJECT_MAX);
	object_size = fread(object, 1, OBJECT_MAX, file);
	fclose(file);
	TEST(the_object_itself_passes);
	TEST(every_cut_is_refused_in_words);
	TEST(every_changed_byte_is_survived);
	TEST(messages_say_what_is_wrong);
	TEST(hostile_indices_are_refused);
	free(object);
	return tap_status();
}
