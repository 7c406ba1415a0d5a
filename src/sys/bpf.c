/*
 * The entry of bpf(2): attr is copied once and checked against the command's row; then the row's
 * handler runs on the copy.  The rule about what follows the last known field stands here alone.
 */
#include <errno.h>

#include "base/since.h"
#include "sys/internal.h"

enum { STRUCT_SIZE_MAX = 4096 }; /* Linux: a page */

struct command {
	const char *name;
	long (*run)(struct call *call);
	u32 end; /* of the last field it knows */
	const char *since;
};

#define FIELD_SIZE(type, field) sizeof(((type *)0)->field)
#define COMMAND(name, handler, last, since)                                                        \
	[name] = {#name, handler,                                                                  \
		  offsetof(union bpf_attr, last) + FIELD_SIZE(union bpf_attr, last), since},
static const struct command commands[] = {
#include "sys/command.def"
};
#undef COMMAND

static const struct command *command_of(const struct skep *skep, int cmd)
{
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !commands[cmd].run)
		return NULL;
	return since_visible(skep, commands[cmd].since) ? &commands[cmd] : NULL;
}

int sys_command(int cmd, struct sys_command *out)
{
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !commands[cmd].run)
		return 0;
	*out = (struct sys_command){commands[cmd].name, commands[cmd].end, commands[cmd].since};
	return 1;
}

static int all_zero(const void *p, u64 size)
{
	const u8 *at = p;

	for (u64 i = 0; i < size; i++)
		if (at[i])
			return 0;
	return 1;
}

int user_tail_zero(struct skep *skep, u64 from, u32 known, u32 size)
{
	u8 piece[256];

	if (size > STRUCT_SIZE_MAX)
		return -E2BIG;
	while (known < size) {
		u32 n = size - known < sizeof(piece) ? size - known : sizeof(piece);

		if (user_read(skep, piece, from + known, n))
			return -EFAULT;
		if (!all_zero(piece, n))
			return -E2BIG;
		known += n;
	}
	return 0;
}

/* In pieces of which none lies on two pages: what follows the string need not be there. */
int user_string(struct skep *skep, char *to, u64 from, u32 room)
{
	u32 piece = skep->usercopy->piece, len = 0;

	while (len + 1 < room) {
		u32 n = piece - (u32)((from + len) % piece);

		if (n > room - 1 - len)
			n = room - 1 - len;
		if (user_read(skep, to + len, from + len, n))
			return -EFAULT;
		if (memchr(to + len, 0, n))
			return 0;
		len += n;
	}
	to[len] = 0;
	return 0;
}

static int copy_attr(struct call *call)
{
	u32 size = call->size;
	int err;

	err = user_tail_zero(call->skep, call->uattr, sizeof(call->attr), size);
	if (err)
		return err;
	memset(&call->attr, 0, sizeof(call->attr));
	return user_read(call->skep, &call->attr, call->uattr,
			 size < sizeof(call->attr) ? size : sizeof(call->attr));
}

int call_put(const struct call *call, u32 off, u32 size)
{
	return user_write(call->skep, call->uattr + off, (const u8 *)&call->attr + off, size);
}

long sys_bpf(struct skep *skep, int cmd, void *attr, u32 size)
{
	struct call call = {.skep = skep, .uattr = ptr_to_u64(attr), .size = size};
	const struct command *command;
	int err = copy_attr(&call);

	if (err)
		return err;
	command = command_of(skep, cmd);
	if (!command)
		return -EINVAL;
	if (!all_zero((u8 *)&call.attr + command->end, sizeof(call.attr) - command->end))
		return -EINVAL;
	return command->run(&call);
}
