/*
 * What libbpf remembers of "the kernel's" features: it asks once a process and believes it ever
 * after, but our instances may be different Linux versions.  So what it remembers is forgotten when
 * an instance of another version comes to be used, and loading into instances of different versions
 * happens one version after the other.
 */
#include <string.h>

#include "load/shim.h"

/* The private libbpf's cache; the build gives it this name, and its size. */
extern u8 load_feature_cache[LIBBPF_CACHE_SIZE];

/* It is empty as long as no call of libbpf reached an instance. */
static void keep_empty(void)
{
	memcpy(load_process.no_features, load_feature_cache, LIBBPF_CACHE_SIZE);
}

/* The lock is held, and nobody loads. */
static void become(u32 version)
{
	if (load_process.version && load_process.version != version)
		memcpy(load_feature_cache, load_process.no_features, LIBBPF_CACHE_SIZE);
	load_process.version = version;
}

void features_use(u32 version)
{
	pthread_once(&load_process.features_once, keep_empty);
	pthread_mutex_lock(&load_process.features_lock);
	if (!load_process.loading)
		become(version);
	pthread_mutex_unlock(&load_process.features_lock);
}

void features_enter(u32 version)
{
	pthread_once(&load_process.features_once, keep_empty);
	pthread_mutex_lock(&load_process.features_lock);
	while (load_process.loading && load_process.version != version)
		pthread_cond_wait(&load_process.none_loading, &load_process.features_lock);
	become(version);
	load_process.loading++;
	pthread_mutex_unlock(&load_process.features_lock);
}

void features_leave(void)
{
	pthread_mutex_lock(&load_process.features_lock);
	if (!--load_process.loading)
		pthread_cond_broadcast(&load_process.none_loading);
	pthread_mutex_unlock(&load_process.features_lock);
}
