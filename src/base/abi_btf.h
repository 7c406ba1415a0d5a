/* The packed words of BTF's type records, under Linux's names. */
#ifndef SKEP_BASE_ABI_BTF_H
#define SKEP_BASE_ABI_BTF_H

#define BTF_MAGIC 0xeb9f
#define BTF_VERSION 1
#define BTF_MAX_TYPE 0x000fffff
#define BTF_MAX_NAME_OFFSET 0x00ffffff
#define BTF_MAX_VLEN 0xffff

/* btf_type.info:  kflag(31) | kind(28..24) | vlen(15..0) */
#define BTF_INFO_KIND(info) (((info) >> 24) & 0x1f)
#define BTF_INFO_VLEN(info) ((info) & 0xffff)
#define BTF_INFO_KFLAG(info) ((info) >> 31)

/* The word after a BTF_KIND_INT:  encoding(27..24) | offset(23..16) | bits(7..0) */
#define BTF_INT_ENCODING(word) (((word) & 0x0f000000) >> 24)
#define BTF_INT_OFFSET(word) (((word) & 0x00ff0000) >> 16)
#define BTF_INT_BITS(word) ((word) & 0x000000ff)
#define BTF_INT_SIGNED (1 << 0)
#define BTF_INT_CHAR (1 << 1)
#define BTF_INT_BOOL (1 << 2)

/* btf_member.offset where the struct's kflag is set */
#define BTF_MEMBER_BITFIELD_SIZE(offset) ((offset) >> 24)
#define BTF_MEMBER_BIT_OFFSET(offset) ((offset) & 0xffffff)

#endif
