/* Our headers beside facts/constants.tsv and facts/struct_layout.tsv: every value, every offset. */
#include "base/abi.h"
#include "base/types.h"
#include "tests/tap.h"

struct constant_row {
	const char *name;
	long long ours, linux_has;
};

struct field_row {
	const char *name;
	u64 off, size, linux_off, linux_size;
};

static u32 bit_fields;

/* s has all bits of one field set, and no others. */
static void bits_are(const char *name, const void *s, u64 size, u32 first, u32 count)
{
	const u8 *at = s;

	for (u32 bit = 0; bit < size * 8; bit++) {
		u32 set = at[bit / 8] >> bit % 8 & 1, want = bit >= first && bit < first + count;

		if (set != want) {
			printf("# %s: bit %u is %u\n", name, bit, set);
			CHECK_EQ(set, want);
		}
	}
	bit_fields++;
}

#include "abi_facts.h"

static void constants_are_linux_s(void)
{
	u32 same = 0;

	for (u32 i = 0; i < ARRAY_SIZE(constants); i++) {
		const struct constant_row *c = &constants[i];
		/* enumerators above INT_MAX: BTF has them unsigned, C may not */
		int equal = c->ours == c->linux_has || (u32)c->ours == c->linux_has;

		same += (u32)equal;
		if (!equal)
			printf("# %s is %lld, Linux's %lld\n", c->name, c->ours, c->linux_has);
	}
	printf("# figure constants: %u of %zu as Linux's, %d out of scope\n", same,
	       ARRAY_SIZE(constants), OUT_CONSTANTS);
	CHECK_EQ(same, ARRAY_SIZE(constants));
}

static void layouts_are_linux_s(void)
{
	u32 same = 0;

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field_row *f = &fields[i];
		int equal = f->off == f->linux_off && f->size == f->linux_size;

		same += (u32)equal;
		if (!equal)
			printf("# %s is at %llu, %llu bytes; Linux's at %llu, %llu bytes\n",
			       f->name, (unsigned long long)f->off, (unsigned long long)f->size,
			       (unsigned long long)f->linux_off, (unsigned long long)f->linux_size);
	}
	check_bit_fields();
	printf("# figure layouts: %u of %zu sizes and fields as Linux's, %u bit fields, %d out of "
	       "scope\n",
	       same, ARRAY_SIZE(fields), bit_fields, OUT_FIELDS);
	CHECK_EQ(same, ARRAY_SIZE(fields));
	CHECK(bit_fields > 0);
}

int main(void)
{
	TEST(constants_are_linux_s);
	TEST(layouts_are_linux_s);
	return tap_status();
}
