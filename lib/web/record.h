/*
 * record.h - FastCGI records, looked at before libfcgi reads them
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

#include <stddef.h>
#include <stdint.h>

enum sp_record_verdict {
	SP_RECORD_PART,		/* good so far, more must come */
	SP_RECORD_WHOLE,	/* one request, complete */
	SP_RECORD_PIPELINED,	/* one request, complete, and something behind it */
	SP_RECORD_BAD,		/* nothing to be answered: close the connection */
};

enum sp_record_verdict sp_record_scan(const uint8_t *bytes, size_t len);

#endif
