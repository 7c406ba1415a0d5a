/* A call of a helper while it is checked: what arguments tell, and what results need to know. */
#ifndef SKEP_VERIFIER_CALL_H
#define SKEP_VERIFIER_CALL_H

#include "verifier/walk.h"

struct call {
	const struct helper *helper;
	struct map *map; /* that was passed */
	u32 map_uid;
	u8 key_known; /* the key is the constant `key` */
	u64 key;
	u64 mem_size; /* of what is allocated */
	u64 size_max; /* of the memory passed last */
	u32 ref_id;   /* of the referenced argument */
	u32 release_reg;
	u32 callback; /* subprogram */
};

/* Memory that is passed: size bytes at register reg. */
struct call_mem {
	u32 reg, size;
	u8 write; /* the helper writes it */
	u8 raw;   /* it need not be initialised, and is afterwards */
	u8 zero_ok;
};

int call_check_args(struct walk *w, struct call *c);
int call_check_offset(struct walk *w, u32 reg, u32 arg); /* of a pointer that is passed */
int call_memory(struct walk *w, const struct call_mem *m);
/* R0, once the call has been found to be fine. */
int call_result(struct walk *w, struct call *c);

#endif
