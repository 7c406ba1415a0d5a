/* Reading a file whole, and the check of one that is to tell a kernel's types. */
#include "load/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "load/elf.h"

static const u64 file_size_max = 256 << 20;

static int read_stream(FILE *stream, struct file *file, struct load_log *log)
{
	u64 room = 64 << 10;

	for (;;) {
		u8 *bytes = os_alloc(&os_host, room);

		if (!bytes)
			return load_say(log, -ENOMEM, "%s: out of memory\n", file->path);
		if (file->size)
			memcpy(bytes, file->bytes, file->size);
		os_free(&os_host, file->bytes);
		file->bytes = bytes;
		file->size += fread(bytes + file->size, 1, room - file->size, stream);
		if (ferror(stream))
			return load_say(log, -errno, "%s: %m\n", file->path);
		if (file->size < room)
			return 0;
		room *= 2;
		if (room > file_size_max)
			return load_say(log, -EFBIG, "%s: larger than 256 MiB\n", file->path);
	}
}

int file_read(const char *path, struct file *file, struct load_log *log)
{
	FILE *stream = fopen(path, "re");
	int err;

	*file = (struct file){.path = path};
	if (!stream)
		return load_say(log, -errno, "%s: %m\n", path);
	err = read_stream(stream, file, log);
	fclose(stream);
	if (err)
		os_free(&os_host, file->bytes);
	return err;
}

/* The bytes of BTF alone, seen as an object with one section, which is what the check takes. */
static int check_bare_types(const struct file *file, struct load_log *log)
{
	static const char names[] = "\0.BTF";
	const Elf64_Shdr sections[2] = {
		[1] = {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_size = file->size},
	};
	const struct elf elf = {
		.file = file->path,
		.bytes = file->bytes,
		.size = file->size,
		.sections = sections,
		.nr_sections = 2,
		.names = names,
		.names_size = sizeof(names),
		.log = log,
	};

	return elf_check_btf(&elf, 1, 0);
}

static int check_object_types(const struct file *file, struct load_log *log)
{
	struct elf elf;
	u32 count;
	int err = elf_open(&elf, file->path, file->bytes, file->size, log);

	if (err)
		return load_say(log, err,
				"%s: kernel types come as bare BTF (objcopy -O binary "
				"--only-section=.BTF --set-section-flags .BTF=alloc vmlinux FILE) "
				"or in a BPF object\n",
				file->path);
	if (!elf_find_section(&elf, ".BTF", &count))
		return load_say(log, -EINVAL, "%s: has no types; compile it with -g\n", file->path);
	return 0;
}

int file_check_types(const char *path, struct load_log *log)
{
	struct file file;
	int err = file_read(path, &file, log);

	if (err)
		return err;
	if (file.size >= SELFMAG && !memcmp(file.bytes, ELFMAG, SELFMAG))
		err = check_object_types(&file, log);
	else
		err = check_bare_types(&file, log);
	os_free(&os_host, file.bytes);
	return err;
}
