/*
 * keyset.h - the signing keys of this authorization server
 *
 * A keyset is a snapshot of the key table: never changed after it is built,
 * shared by reference, replaced whole.  Rotation overlaps so that nobody ever
 * meets a token whose key is not published:
 *
 *	next		published, does not sign yet
 *	active		published, signs; at most one
 *	retiring	published until the tokens that it signed are gone
 *
 * Rows come from the database through the caller.  A private key is sealed
 * with sp_seal(), purpose SP_KEYSET_PURPOSE, its kid beside it.
 */
#ifndef SP_JOSE_KEYSET_H
#define SP_JOSE_KEYSET_H

#include "base/secret.h"
#include "jose/jwk.h"

#define SP_KEYSET_PURPOSE "signing-key"

struct sp_keyset;

/* A row of the key table, as text and bytes. */
struct sp_keyset_row {
	struct sp_str kid;		/* RFC 7638 thumbprint */
	struct sp_str alg;
	struct sp_str state;		/* "next", "active", "retiring" */
	struct sp_str public_jwk;	/* JSON text */
	struct sp_str private_sealed;	/* absent: the key only verifies (retiring) */
};

/*
 * Builds a snapshot with one reference, the caller's; rows are copied from.
 * With a ring, the active and the next key are opened; without one (NULL, for
 * programs that only verify or publish) none is.  False: *why, made in `mem`,
 * names the row and the fault, and there is no keyset: a key that is not what
 * its row says must not pass silently.
 */
SP_MUST_USE bool sp_keyset_build(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_keyset_row *rows, size_t count, struct sp_keyset **out, const char **why);

/* Another reference; and the end of one (NULL is fine). Any thread may. */
struct sp_keyset *sp_keyset_ref(struct sp_keyset *keys);
void sp_keyset_unref(struct sp_keyset *keys);

/* The key with this kid in any state, or NULL.  Lives as long as the keyset. */
const struct sp_jwk *sp_keyset_find(const struct sp_keyset *keys, struct sp_str kid);

/* The key that signs; NULL when there is none, or the keyset was built without a ring. */
const struct sp_jwk *sp_keyset_active(const struct sp_keyset *keys);

/* The JWK Set document (RFC 7517 section 5) of all states: public members only. */
struct sp_str sp_keyset_jwks(const struct sp_keyset *keys);

/* A new key, ready to be stored: every member but the state, in the arena. */
void sp_keyset_new_key(struct sp_arena *mem, const struct sp_keyring *ring, enum sp_jose_alg alg,
    struct sp_keyset_row *out);

#endif
