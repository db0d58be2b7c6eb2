/* record.c - how far a FastCGI request has arrived */
#include "web/record.h"

/* libfcgi's fastcgi.h defines these as macros too, and more; this file needs only five. */
enum {
	PROTOCOL = 1,
	HEADER_LEN = 8,
	BEGIN_REQUEST = 1,
	PARAMS = 4,
	STDIN = 5,
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
			return len - at == size ? SP_RECORD_WHOLE : SP_RECORD_PIPELINED;
		}
		if (len - at < size)
			break;
		at += size;
	}
	return SP_RECORD_PART;
}
