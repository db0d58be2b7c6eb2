/*
 * index_embed.h - pieces of the index in the database get their embeddings
 *
 * Texts go to the service that the catalog names (source codesearch-embedding),
 * a batch at a time and outside of any transaction; the vectors of a batch are
 * stored at once, so that a run that is interrupted has done what it has done.
 */
#ifndef SP_BIN_INDEX_EMBED_H
#define SP_BIN_INDEX_EMBED_H

#include "index_chunk.h"
#include "index_service.h"

struct index_embed {
	const char *conninfo;
	const char *repository;		/* NULL: all of them */
	int64_t batch;			/* pieces in one request at most; 0: as the source says */
	int64_t most;			/* pieces in all; 0: as many as there are */
	bool bare;			/* the content alone, without path and names */
	void (*alive)(void *arg);	/* called now and then; may be NULL */
	void *arg;
	/* what came of it */
	size_t processed, written, failed;
};

/*
 * All pieces that have no vector, or one of another model.  False: *why, made in
 * mem; what was written stays.
 */
SP_MUST_USE bool index_embed(struct index_embed *e, struct index_service *service, struct sp_arena *mem, const char **why);

/* What a piece is as a text for the service; `bare`: its content alone. */
struct sp_str index_embed_text(struct sp_arena *mem, bool bare, struct sp_str repository, struct sp_str path,
    struct sp_str class_name, struct sp_str function_name, struct sp_str content);

struct index_vectors {
	const float **vector;		/* of each text; NULL: the service does not take it */
	size_t dimensions;
};

/* The vectors of at most `batch` texts of the source, in mem (index_service_begin()).  False: *why. */
SP_MUST_USE bool index_embed_texts(struct index_service *service, struct sp_arena *mem, const struct sp_str *texts,
    size_t count, struct index_vectors *out, const char **why);

#endif
