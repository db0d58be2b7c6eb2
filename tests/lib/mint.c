/*
 * mint.c - signs the JSON of standard input with the active signing key
 *
 * For tests of what a token must not be: the signature of `mint [TYP]` is good,
 * the claims are whatever the test wants.  TYP is the header's, default at+jwt.
 */
#include <stdio.h>
#include "db/queries.h"
#include "jose/keyset.h"
#include "jose/jws.h"

struct key_row {
	struct sp_str kid, alg, state, public_jwk, private_sealed;
};

static const struct sp_column columns[] = {
	{ "kid", SP_COL_STR, offsetof(struct key_row, kid) },
	{ "alg", SP_COL_STR, offsetof(struct key_row, alg) },
	{ "state", SP_COL_STR, offsetof(struct key_row, state) },
	{ "public_jwk", SP_COL_STR, offsetof(struct key_row, public_jwk) },
	{ "private_sealed", SP_COL_BYTES, offsetof(struct key_row, private_sealed) },
	{ NULL }
};

static int
fail(const char *what)
{
	fprintf(stderr, "mint: %s\n", what);
	return 1;
}

int
main(int argc, char **argv)
{
	struct sp_arena *mem = sp_arena_new();
	char payload[16384], text[4096];
	struct sp_settings *settings;
	struct sp_keyset_row rows[8];
	struct sp_keyring *ring;
	struct sp_keyset *keys;
	struct key_row *found;
	struct sp_buf errors;
	struct sp_str token;
	const char *why;
	struct sp_db db;
	void *result;
	size_t n, len;

	sp_buf_fixed(&errors, text, sizeof(text));
	if (!sp_settings_load(&settings, &errors))
		return fail(sp_buf_view(&errors).p);
	if (!sp_keyring_load(settings->master_key_file, &ring, &why))
		return fail(why);
	sp_db_begin(&db, sp_db_pool_new(settings, "mint"), mem);
	if (sp_db_rows(&db, &sp_q_signing_keys, SP_NO_PARAMS, columns, sizeof(*found), &result, &n) != SP_DB_ROW)
		return fail("no keys");
	found = result;
	n = n > 8 ? 8 : n;
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct sp_keyset_row){ found[i].kid, found[i].alg, found[i].state, found[i].public_jwk,
		    found[i].private_sealed };
	if (!sp_keyset_build(mem, ring, rows, n, &keys, &why))
		return fail(why);
	len = fread(payload, 1, sizeof(payload), stdin);
	if (!sp_jws_sign(mem, sp_keyset_active(keys), argc > 1 ? argv[1] : "at+jwt",
	    sp_str_trim((struct sp_str){ payload, len }, "\n"), &token))
		return fail("could not sign");
	printf("%.*s\n", SP_FMT(token));
	return 0;
}
