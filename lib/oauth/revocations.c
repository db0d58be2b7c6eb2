/* revocations.c - the set of revoked grants and tokens that a worker keeps */
#include "oauth/revocations.h"

#include <pthread.h>

#include "base/arena.h"

struct entry {
	struct entry *next;
	size_t len;
	char key[];
};

struct sp_revocations {
	pthread_rwlock_t lock;
	struct entry **bucket;
	size_t nbucket, count;
};

#define FIRST_BUCKETS 64	/* a power of two */

struct sp_revocations *
sp_revocations_new(void)
{
	struct sp_revocations *set = calloc(1, sizeof(*set));
	pthread_rwlockattr_t writers_first;

	if (set == NULL || (set->bucket = calloc(FIRST_BUCKETS, sizeof(*set->bucket))) == NULL)
		sp_out_of_memory();
	set->nbucket = FIRST_BUCKETS;
	/* what is revoked must not wait until for once nobody asks */
	pthread_rwlockattr_init(&writers_first);
	pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&set->lock, &writers_first);
	pthread_rwlockattr_destroy(&writers_first);
	return set;
}

static void
free_entries(struct entry **bucket, size_t nbucket)
{
	for (size_t i = 0; i < nbucket; i++)
		for (struct entry *e = bucket[i], *next; e != NULL; e = next) {
			next = e->next;
			free(e);
		}
	free(bucket);
}

void
sp_revocations_free(struct sp_revocations *set)
{
	if (set == NULL)
		return;
	free_entries(set->bucket, set->nbucket);
	pthread_rwlock_destroy(&set->lock);
	free(set);
}

/* FNV-1a: the keys are random identifiers of our own making, nobody can aim at a bucket. */
static size_t
hash(struct sp_str key)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.p[i]) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

static struct entry *
find(const struct sp_revocations *set, struct sp_str key)
{
	for (struct entry *e = set->bucket[hash(key) & (set->nbucket - 1)]; e != NULL; e = e->next)
		if (sp_str_eq(key, (struct sp_str){ e->key, e->len }))
			return e;
	return NULL;
}

static void
grow(struct sp_revocations *set)
{
	size_t nbucket = set->nbucket * 2;
	struct entry **bucket = calloc(nbucket, sizeof(*bucket));

	if (bucket == NULL)
		sp_out_of_memory();
	for (size_t i = 0; i < set->nbucket; i++)
		for (struct entry *e = set->bucket[i], *next; e != NULL; e = next) {
			size_t at = hash((struct sp_str){ e->key, e->len }) & (nbucket - 1);

			next = e->next;
			e->next = bucket[at];
			bucket[at] = e;
		}
	free(set->bucket);
	set->bucket = bucket;
	set->nbucket = nbucket;
}

void
sp_revocations_add(struct sp_revocations *set, struct sp_str key)
{
	struct entry *e, **head;

	pthread_rwlock_wrlock(&set->lock);
	if (find(set, key) == NULL) {
		if (set->count >= set->nbucket)
			grow(set);
		if ((e = malloc(sizeof(*e) + key.len)) == NULL)
			sp_out_of_memory();
		e->len = key.len;
		memcpy(e->key, key.p, key.len);
		head = &set->bucket[hash(key) & (set->nbucket - 1)];
		e->next = *head;
		*head = e;
		set->count++;
	}
	pthread_rwlock_unlock(&set->lock);
}

bool
sp_revocations_have(struct sp_revocations *set, struct sp_str key)
{
	bool found;

	pthread_rwlock_rdlock(&set->lock);
	found = find(set, key) != NULL;
	pthread_rwlock_unlock(&set->lock);
	return found;
}

void
sp_revocations_replace(struct sp_revocations *set, struct sp_revocations *from)
{
	struct entry **bucket;
	size_t nbucket;

	pthread_rwlock_wrlock(&set->lock);
	bucket = set->bucket;
	nbucket = set->nbucket;
	set->bucket = from->bucket;
	set->nbucket = from->nbucket;
	set->count = from->count;
	pthread_rwlock_unlock(&set->lock);
	from->bucket = bucket;
	from->nbucket = nbucket;
	sp_revocations_free(from);
}
