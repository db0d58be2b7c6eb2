/* request.h - a request for fuzz targets of what stands above the gate */
#ifndef SP_FUZZ_REQUEST_H
#define SP_FUZZ_REQUEST_H

#include "fuzz.h"
#include "web/response.h"
#include "web/worker.h"

struct fuzz_request {
	struct sp_settings settings;
	struct sp_process process;
	struct sp_response response;
	struct sp_header authorization;
	struct sp_request req;
};

/* Its arena is new; fuzz_request_close() frees it. */
static inline struct sp_request *
fuzz_request_open(struct fuzz_request *r)
{
	*r = (struct fuzz_request){
		.settings = { .issuer = "https://mcp.example.com", .static_url = "/static",
		    .client_metadata_documents = true, .authorization_request_ttl = 600 },
		.authorization = { .name = SP_LIT("authorization") },
		.req = { .mem = sp_arena_new(), .id = "0123456789abcdefABCDEF", .method = "GET" },
	};
	r->process.settings = &r->settings;
	r->req.process = &r->process;
	r->req.settings = &r->settings;
	r->req.response = &r->response;
	r->req.headers = &r->authorization;
	return &r->req;
}

static inline void
fuzz_request_close(struct fuzz_request *r)
{
	sp_arena_free(r->req.mem);
}

/* What went before is forgotten. */
static inline struct sp_request *
fuzz_request_again(struct fuzz_request *r)
{
	r->response = (struct sp_response){ .status = 0 };
	r->req.problem = SP_OK;
	r->req.detail = NULL;
	return &r->req;
}

/* The first line of *rest, without its end; what follows stays. */
static inline struct sp_str
fuzz_line(struct sp_str *rest)
{
	struct sp_str line = { "", 0 };

	(void)sp_str_split(rest, '\n', &line);
	return line;
}

/*
 * libcurl's URL API reads only URIs with a host (a private scheme need not have
 * one), and schemes of up to 40 characters (com.googleusercontent.apps... is longer).
 */
#define FUZZ_CURL_READS(uri)	((uri)->host.len > 0 && (uri)->scheme.len <= 40)

#endif
