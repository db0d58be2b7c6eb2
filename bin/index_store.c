/* index_store.c - files and their pieces into an index of either kind */
#include "index_store.h"

#include "base/encode.h"

bool
index_store_open(const struct index_store_start *start, struct index_store **out, struct sp_arena *why_mem,
    const char **why)
{
	return start->target != NULL ? index_azure_open(start, out, why_mem, why) :
	    index_postgres_open(start, out, why_mem, why);
}

void
index_store_close(struct index_store *s)
{
	if (s != NULL)
		s->kind->close(s);
}

enum index_known
index_store_known(struct index_store *s, struct sp_str path, const uint8_t sha256[static SP_SHA256_LEN])
{
	return index_known_check(&s->known, path, sha256);
}

bool
index_store_put(struct index_store *s, struct sp_str path, const char *language, int64_t modified_us,
    const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces)
{
	return s->kind->put(s, path, language, modified_us, sha256, pieces);
}

bool
index_store_flush(struct index_store *s)
{
	return s->kind->flush(s);
}

void
index_store_only(struct index_store *s, const struct index_strings *paths)
{
	index_known_only(&s->known, paths);
}

bool
index_store_finish(struct index_store *s, enum index_end how, bool keep, const char *source, size_t *removed)
{
	return s->kind->finish(s, how, keep, source, removed);
}

size_t
index_store_vanished(const struct index_store *s)
{
	return index_known_vanished(&s->known);
}

bool
index_store_embeds(struct index_store *s, bool *out)
{
	return s->kind->embeds(s, out);
}

const char *
index_store_error(const struct index_store *s)
{
	return s->error;
}

struct sp_str
index_chunk_id(struct sp_arena *mem, const char *repository, struct sp_str path, size_t number)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(sp_str(sp_printf(mem, "%s:%.*s:%zu", repository, SP_FMT(path), number)), digest);
	return sp_hex_encode(mem, digest, 8);
}
