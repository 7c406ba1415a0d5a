/*
 * Instructions as text.  A row's text is walked and its %tokens are replaced; what no row
 * covers is spelled as Linux spells it before refusing it.
 */
#include <stdarg.h>
#include <stdio.h>

#include "isa/isa.h"

struct writer {
	char *buf;
	size_t used; /* < ISA_TEXT_MAX: sound because put() never goes further */
	const struct bpf_insn *insn;
	u32 left;
	const struct isa_names *names;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->buf + w->used, ISA_TEXT_MAX - w->used, fmt, args);
	va_end(args);
	if (n > 0)
		w->used += n;
	if (w->used >= ISA_TEXT_MAX)
		w->used = ISA_TEXT_MAX - 1;
}

static u32 upper_imm(const struct writer *w)
{
	return w->left > 1 ? (u32)w->insn[1].imm : 0;
}

static void put_imm64(struct writer *w)
{
	put(w, "0x%llx", (unsigned long long)upper_imm(w) << 32 | (u32)w->insn->imm);
}

/* A helper or kfunc: name#imm, and the fd_array index of a kfunc that nobody has a name for. */
static void put_call(struct writer *w, const char *fallback)
{
	const char *name = NULL;

	if (w->names && w->names->call)
		name = w->names->call(w->names->cookie, w->insn);
	put(w, "%s#%d", name ? name : fallback, w->insn->imm);
	if (!name && w->insn->off && w->insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		put(w, "@%d", w->insn->off);
}

static char width_letter(u8 code)
{
	return BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_JMP32 ? 'w' : 'r';
}

static void put_token(struct writer *w, char token)
{
	const struct bpf_insn *insn = w->insn;
	char width = width_letter(insn->code);

	switch (token) {
	case 'd':
		return put(w, "%c%u", width, insn->dst_reg);
	case 's':
		return put(w, "%c%u", width, insn->src_reg);
	case 'D':
		return put(w, "r%u", insn->dst_reg);
	case 'S':
		return put(w, "r%u", insn->src_reg);
	case 'i':
	case 'k':
	case 'w':
		return put(w, "%d", insn->imm);
	case 'x':
		return put(w, "0x%x", (u32)insn->imm);
	case 'o':
		return put(w, " %+d", insn->off);
	case 'j':
		return put(w, "pc%+d", insn->off);
	case 'J':
		return put(w, "pc%+d", insn->imm);
	case 'z':
		return put(w, "u%u", isa_size(insn->code) * 8);
	case 'Z':
		return put(w, "s%u", isa_size(insn->code) * 8);
	case 'a':
		return put(w, isa_size(insn->code) == 8 ? "atomic64" : "atomic");
	case 'l':
		return put_imm64(w);
	case 'n':
		return put(w, "%d", (s32)upper_imm(w));
	case 'H':
		return put(w, "%u", (u32)insn->imm >> 16);
	case 'L':
		return put(w, "%u", insn->imm & 0xffff);
	case 'c':
		/* Linux has a name for number 0 */
		return put_call(w, insn->imm || insn->src_reg ? "unknown" : "bpf_unspec");
	case 'f':
		return put_call(w, "kernel-function");
	case '%':
		return put(w, "%%");
	}
}

static void put_text(struct writer *w, const char *text)
{
	for (; *text; text++) {
		if (*text == '%')
			put_token(w, *++text);
		else
			put(w, "%c", *text);
	}
}

/* Moves that are not valid but have a notation of their own in Linux. */
static const struct {
	u8 code;
	s16 off;
	const char *text;
} odd_moves[] = {
	{BPF_ALU64 | BPF_MOV | BPF_X, -1, "%d = &(void __percpu *)(%s)"},
	{BPF_ALU | BPF_MOV | BPF_X, 32, "%d = (s32)%s"},
};

/* An atomic of a size that this operation has not is spelled like one that it has. */
static const char *text_of_atomic(const struct bpf_insn *insn)
{
	struct bpf_insn word = *insn;

	word.code = BPF_STX | BPF_ATOMIC | BPF_W;
	return isa_rows[isa_decode(&word)].text;
}

/* NULL: not even an invalid instruction is written like this. */
static const char *text_of(const struct bpf_insn *insn)
{
	enum isa_op op = isa_decode(insn), first = isa_op_of_code(insn->code);

	if (op == ISA_MAY_GOTO && insn->src_reg)
		return "if %d (null) %x goto %j";
	if (op)
		return isa_rows[op].text;
	if (isa_rows[first].group == ISA_GROUP_ATOMIC)
		return text_of_atomic(insn);
	for (size_t i = 0; i < ARRAY_SIZE(odd_moves); i++)
		if (insn->code == odd_moves[i].code && insn->off == odd_moves[i].off)
			return odd_moves[i].text;
	return isa_rows[first].text;
}

void isa_disasm(const struct bpf_insn *insn, u32 left, const struct isa_names *names,
		char buf[ISA_TEXT_MAX])
{
	struct writer w = {.buf = buf, .insn = insn, .left = left, .names = names};
	const char *text = text_of(insn), *loaded = NULL;
	char room[ISA_TEXT_MAX / 2];

	buf[0] = 0;
	if (isa_is_ld_imm64(insn) && names && names->imm64)
		loaded = names->imm64(names->cookie, insn, room, sizeof(room));
	if (loaded)
		put(&w, "r%u = %s", insn->dst_reg, loaded);
	else if (text)
		put_text(&w, text);
	else
		put(&w, "BUG_%02x", insn->code);
}
