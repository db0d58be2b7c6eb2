/*
 * jws.h - JSON Web Signatures in the compact form: RFC 7515
 *
 * Three parts between two dots, and nothing else.  A signature is checked with
 * the algorithm of the key's record; the header's "alg" must name the same and
 * decides nothing.  So "none", HS256 with a public key as its secret, and keys
 * that a token brings along (jwk, jku, x5c, x5u: read by nobody here) have
 * nowhere to go.  "crit" is refused: we understand no extension.
 */
#ifndef SP_JOSE_JWS_H
#define SP_JOSE_JWS_H

#include "jose/jwk.h"

#define SP_JWS_MAX 16384	/* bytes of a whole token; a web server's header limit is not far off */

/*
 * What a token says before its signature is checked: enough to choose the key,
 * and no more.  The payload comes from sp_jws_verify().
 */
struct sp_jws {
	enum sp_jose_alg alg;
	struct sp_str kid;		/* absent if the header has none */
	struct sp_str typ;		/* the same */
	struct json_object *header;	/* for members of one use, as DPoP's jwk (RFC 9449 section 4.2) */
	struct sp_str signing_input;	/* the parts, for sp_jws_verify() */
	struct sp_str payload;		/* still base64url */
	struct sp_str signature;
};

/* False: not a JWS that we would ever accept; *why is a static text. */
SP_MUST_USE bool sp_jws_parse(struct sp_arena *mem, struct sp_str text, struct sp_jws *out,
    const char **why);

/*
 * Checks the signature with this key and gives the payload.  `text` of
 * sp_jws_parse() must still be there.  False: *why is a static text.
 */
SP_MUST_USE bool sp_jws_verify(struct sp_arena *mem, const struct sp_jws *jws,
    const struct sp_jwk *key, struct sp_str *payload, const char **why);

/*
 * Signs with a private key.  The header has alg, typ (NULL: none) and the key's
 * kid if it has one.  False when OpenSSL would not sign (out of entropy ...).
 */
SP_MUST_USE bool sp_jws_sign(struct sp_arena *mem, const struct sp_jwk *key, const char *typ,
    struct sp_str payload, struct sp_str *out);

/* The media type of a header's typ: "application/" may be left out, case does not count. */
bool sp_jws_typ_is(const struct sp_jws *jws, const char *type);

#endif
