/* record.c - FastCGI records */
#include <string.h>
#include "web/record.h"

#define HEADER_LEN SP_RECORD_HEADER

/* libfcgi's fastcgi.h defines these as macros too, and more; this file needs only some. */
enum {
	PROTOCOL = 1,
	BEGIN_REQUEST = 1,
	ABORT_REQUEST = 2,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	RESPONDER = 1,
};

enum sp_record_verdict
sp_record_scan(const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	unsigned id = 0;		/* of the request; 0 is reserved for management */

	while (len - at >= HEADER_LEN) {
		const uint8_t *h = bytes + at;
		unsigned type = h[1], record_id = (unsigned)h[2] << 8 | h[3];
		size_t content = (size_t)h[4] << 8 | h[5], size = HEADER_LEN + content + h[6];

		if (h[0] != PROTOCOL || record_id == 0)
			return SP_RECORD_BAD;
		if (id == 0) {
			if (type != BEGIN_REQUEST || content != 8)
				return SP_RECORD_BAD;
			if (len - at >= HEADER_LEN + 2 &&
			    ((unsigned)h[HEADER_LEN] << 8 | h[HEADER_LEN + 1]) != RESPONDER)
				return SP_RECORD_BAD;
			id = record_id;
		} else if (record_id != id || (type != PARAMS && type != STDIN)) {
			return SP_RECORD_BAD;	/* multiplexing was never offered */
		} else if (type == STDIN && content == 0 && len - at >= size) {
			if (sp_record_is_abort(h + size, len - at - size))
				return SP_RECORD_ABORTED;
			return len - at == size ? SP_RECORD_WHOLE : SP_RECORD_PIPELINED;
		}
		if (len - at < size)
			break;
		at += size;
	}
	return SP_RECORD_PART;
}

bool
sp_record_is_abort(const uint8_t *bytes, size_t len)
{
	return len >= HEADER_LEN && bytes[0] == PROTOCOL && bytes[1] == ABORT_REQUEST;
}

static uint8_t *
put_header(uint8_t *out, unsigned type, unsigned request_id, size_t content)
{
	const uint8_t header[HEADER_LEN] = { PROTOCOL, (uint8_t)type, (uint8_t)(request_id >> 8),
	    (uint8_t)request_id, (uint8_t)(content >> 8), (uint8_t)content, 0, 0 };

	memcpy(out, header, sizeof(header));
	return out + sizeof(header);
}

size_t
sp_record_output_size(size_t len)
{
	return len + (len + SP_RECORD_MAX - 1) / SP_RECORD_MAX * HEADER_LEN;
}

uint8_t *
sp_record_output(uint8_t *out, unsigned request_id, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	while (len > 0) {
		size_t content = len < SP_RECORD_MAX ? len : SP_RECORD_MAX;

		out = put_header(out, STDOUT, request_id, content);
		memcpy(out, from, content);
		out += content;
		from += content;
		len -= content;
	}
	return out;
}

uint8_t *
sp_record_end(uint8_t *out, unsigned request_id)
{
	out = put_header(out, STDOUT, request_id, 0);	/* section 5.5: an empty record ends a stream */
	out = put_header(out, END_REQUEST, request_id, 8);
	memset(out, 0, 8);				/* exit status 0, FCGI_REQUEST_COMPLETE */
	return out + 8;
}
