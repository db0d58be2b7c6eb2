/*
 * embedding.h - texts as vectors, by a service that has a model for it
 *
 *	kind: source
 *	name: codesearch-embedding
 *	type: http
 *	url: https://api.openai.com/v1
 *	credential: openai
 *	embedding: {model: text-embedding-3-small, dimensions: 1536}
 *
 * The request is what OpenAI's /embeddings takes and many others do, too:
 * {"input": [...], "model": ..., "dimensions": ..., "encoding_format": "float"}; Azure
 * OpenAI has the model in its url (.../openai/deployments/NAME) and wants
 * `api_version`.  The texts leave the host, so a source has to say `embedding`
 * before any is sent to it.
 *
 * Its budget, its breaker, its retries and its credential are those of the source.
 */
#ifndef SP_TOOLS_EMBEDDING_H
#define SP_TOOLS_EMBEDDING_H

#include "tools/http_send.h"

/* The member `embedding` of a source. */
struct sp_embedding {
	const char *path;		/* behind the source's url, with its query */
	const char *model;		/* sent; NULL: the service knows */
	int64_t dimensions;		/* sent, and of every vector; 0: as the service likes */
	int64_t batch;			/* texts in one request */
	int64_t max_text;		/* bytes of a text; the rest is left out */
	int64_t cache_ms;		/* how long a process keeps the vectors of queries; 0: not at all */
};

/* NULL is none.  False: *why begins with the member. */
SP_MUST_USE bool sp_embedding_load(struct sp_arena *mem, struct json_object *json, const struct sp_embedding **out,
    const char **why);

/* What made the vectors: only those of the same model can be compared. */
const char *sp_embedding_model(const struct sp_http_source *source);

struct sp_vectors {
	float *value;			/* one vector behind the other */
	size_t count, dimensions;
};

enum sp_embedded {
	SP_EMBEDDED,
	SP_EMBEDDED_NOT,		/* *why; may be tried again */
	SP_EMBEDDED_REFUSED,		/* *why; the service does not take these texts (status 400, 413, 422) */
	SP_EMBEDDED_STOPPED,		/* the client has gone */
	SP_EMBEDDED_FAILED,		/* the request is failed: the database */
};

/*
 * The vectors of 1 to `batch` texts, in one request.  send->source has `embedding`.
 * The session of the database is given back meanwhile.
 */
SP_MUST_USE enum sp_embedded sp_embed(const struct sp_http_send *send, const struct sp_str *texts, size_t count,
    struct sp_vectors *out, const char **why);

/*
 * The vector of one text as JSON, {"model": ..., "vector": [...]}, for a call that
 * waits: kept in the process for cache_ms, and given up after a few seconds.
 */
SP_MUST_USE enum sp_embedded sp_embed_query(const struct sp_tool_call *call, const struct sp_http_source *source,
    struct sp_str text, struct sp_str *out, const char **why);

#endif
