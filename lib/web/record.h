/*
 * record.h - FastCGI records: looked at before libfcgi reads them, and made for streams
 *
 * The poll loop peeks at what has arrived and gives a connection to a handler
 * thread only when a whole request lies there (or as much as the peek can
 * show).  So a silent or slow sender holds a descriptor and not a thread, and
 * records that libfcgi 2.4 cannot cope with never reach it: management records
 * (a buffer of 64 bytes overflows), aborts, other roles than responder.
 * FastCGI Specification 1.0, section 3.3.
 */
#ifndef SP_WEB_RECORD_H
#define SP_WEB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sp_record_verdict {
	SP_RECORD_PART,		/* good so far, more must come */
	SP_RECORD_WHOLE,	/* one request, complete */
	SP_RECORD_PIPELINED,	/* one request, complete, and something behind it */
	SP_RECORD_ABORTED,	/* one request, and the web server's word that nobody waits for it */
	SP_RECORD_BAD,		/* nothing to be answered: close the connection */
};

enum sp_record_verdict sp_record_scan(const uint8_t *bytes, size_t len);

/* Whether FCGI_ABORT_REQUEST lies there: the client of the request has gone (section 5.4). */
bool sp_record_is_abort(const uint8_t *bytes, size_t len);

/* ---- output: FCGI_STDOUT records, and the end of a request ---- */

#define SP_RECORD_HEADER	8
#define SP_RECORD_MAX		65535	/* content of one record */
#define SP_RECORD_END		(SP_RECORD_HEADER + SP_RECORD_HEADER + 8)

/* What `len` bytes of output take as records. */
size_t sp_record_output_size(size_t len);
/* Writes them to `out`, which has that room, and returns where they end. */
uint8_t *sp_record_output(uint8_t *out, unsigned request_id, const void *bytes, size_t len);
/* The end of output and request: SP_RECORD_END bytes, of status "request complete". */
uint8_t *sp_record_end(uint8_t *out, unsigned request_id);

#endif
