/* The host kernel's own types, for kfuncs and for what programs attach to: mapped when asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btf/internal.h"

enum { KERNEL_BTF_MAX = 64 << 20 };

static struct btf *map_file(struct skep *skep, int fd)
{
	struct btf *btf;
	struct stat st;
	void *data;

	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > KERNEL_BTF_MAX)
		return NULL;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return NULL;
	btf = btf_alloc(skep, data, (u32)st.st_size);
	if (!btf) {
		munmap(data, (size_t)st.st_size);
		return NULL;
	}
	btf->kernel = 1;
	memcpy(btf->name, "vmlinux", sizeof("vmlinux"));
	return btf;
}

static struct btf *make(struct skep *skep)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct btf *btf;

	if (fd < 0)
		return NULL;
	btf = map_file(skep, fd);
	close(fd);
	if (btf && obj_publish(&btf->obj)) {
		obj_put(&btf->obj);
		btf = NULL;
	}
	return btf;
}

static struct btf *object_locked(struct skep *skep)
{
	if (!skep->kernel_types.tried) {
		skep->kernel_types.tried = 1;
		skep->kernel_types.btf = make(skep);
	}
	return skep->kernel_types.btf;
}

struct btf *btf_kernel_object(struct skep *skep)
{
	struct btf *btf;

	pthread_mutex_lock(&skep->kernel_types.lock);
	btf = object_locked(skep);
	pthread_mutex_unlock(&skep->kernel_types.lock);
	return btf;
}

struct btf *btf_kernel(struct skep *skep)
{
	struct btf *btf;

	pthread_mutex_lock(&skep->kernel_types.lock);
	btf = object_locked(skep);
	if (btf && !btf->types && parse_trusted(btf)) {
		/* whatever it is, it is not asked again */
		obj_put(&btf->obj);
		btf = skep->kernel_types.btf = NULL;
	}
	pthread_mutex_unlock(&skep->kernel_types.lock);
	return btf;
}

void btf_kernel_free(struct skep *skep)
{
	if (skep->kernel_types.btf)
		obj_put(&skep->kernel_types.btf->obj);
}
