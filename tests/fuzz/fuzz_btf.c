/* Any bytes as BTF: refused with a message, or taken and read to the last type. */
#include "btf/btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct skep *skep;
	struct btf *btf;
	struct log log;
	u8 *data;

	if (size > 1 << 16 || (!skep && skep_base_create(&(struct skep_config){0}, &skep)))
		return 0;
	data = os_alloc(skep->os, size);
	if (!data)
		return 0;
	memcpy(data, bytes, size);
	log_init(&log, skep->os, 1, 4096);
	if (!btf_parse(skep, data, (u32)size, &log, &btf)) {
		for (u32 id = 0; id < btf->nr_types; id++) {
			const struct btf_record *record;
			u32 bytes_of_type;

			btf_type_size(btf, id, &bytes_of_type);
			btf_record_of(btf, id, BTF_FIELD_ALL, &record);
		}
		obj_put(&btf->obj);
	}
	log_free(&log);
	return 0;
}
