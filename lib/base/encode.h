/*
 * encode.h - base64url, base64, hex, percent, form and HTML encodings
 *
 * Decoders take their input to its end or fail, and leave *out alone on
 * failure.  Decoded memory comes from the arena and is NUL-terminated behind
 * its length.
 */
#ifndef SP_BASE_ENCODE_H
#define SP_BASE_ENCODE_H

#include "base/buf.h"

/* RFC 4648 section 5 without padding. */
struct sp_str sp_base64url_encode(struct sp_arena *mem, const void *bytes, size_t len);
/* Refuses padding, other alphabets, white space and non-zero trailing bits. */
SP_MUST_USE bool sp_base64url_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

/* RFC 4648 section 4 with padding; decode refuses anything not canonical. */
struct sp_str sp_base64_encode(struct sp_arena *mem, const void *bytes, size_t len);
SP_MUST_USE bool sp_base64_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

struct sp_str sp_hex_encode(struct sp_arena *mem, const void *bytes, size_t len);	/* lower case */
/* Takes both cases. */
SP_MUST_USE bool sp_hex_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

/* RFC 3986: all but unreserved becomes %XX. */
void sp_buf_percent(struct sp_buf *b, struct sp_str s);
/* %XX only ("+" stays); fails on a broken escape and on NUL, escaped or not. */
SP_MUST_USE bool sp_percent_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

/* application/x-www-form-urlencoded: a space is "+". */
void sp_buf_form(struct sp_buf *b, struct sp_str s);
/* Fails on a broken escape, NUL and bytes that are not UTF-8 after decoding. */
SP_MUST_USE bool sp_form_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

/*
 * Text for HTML content and quoted attributes: & < > " ' and CR become
 * references; other control bytes (save tab and newline) and bytes that are not
 * UTF-8 become U+FFFD.
 */
void sp_buf_html(struct sp_buf *b, struct sp_str s);

/*
 * A JSON string with its quotes.  Control characters, those above U+007E
 * included, are escaped; bytes that are not UTF-8 become U+FFFD.
 */
void sp_buf_json_string(struct sp_buf *b, struct sp_str s);

#endif
