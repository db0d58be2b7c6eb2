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

struct mint {
	struct sp_settings *settings;
	struct sp_keyring *ring;
	struct sp_db_pool *pool;
	struct sp_keyset *keys;
};

static bool
load(struct sp_arena *mem, struct mint *m, const char **why)
{
	struct sp_keyset_row rows[8];
	struct key_row *found;
	struct sp_buf errors;
	enum sp_db_status status;
	struct sp_db db;
	void *result;
	size_t n;

	sp_buf_init(&errors, mem, 4096);
	if (!sp_settings_load(&m->settings, &errors)) {
		*why = sp_buf_view(&errors).p;
		return false;
	}
	if (!sp_keyring_load(m->settings->master_key_file, &m->ring, why))
		return false;
	m->pool = sp_db_pool_new(m->settings, "mint");
	sp_db_begin(&db, m->pool, mem);
	status = sp_db_rows(&db, &sp_q_signing_keys, SP_NO_PARAMS, columns, sizeof(*found), &result, &n);
	sp_db_end(&db);
	*why = "there are no keys";
	if (status != SP_DB_ROW)
		return false;
	found = result;
	n = n > 8 ? 8 : n;
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct sp_keyset_row){ found[i].kid, found[i].alg, found[i].state,
		    found[i].public_jwk, found[i].private_sealed };
	return sp_keyset_build(mem, m->ring, rows, n, &m->keys, why);
}

int
main(int argc, char **argv)
{
	struct sp_arena *mem = sp_arena_new();
	const char *why = "could not sign";
	struct mint m = { 0 };
	char payload[16384];
	struct sp_str token;
	size_t len;
	bool ok;

	len = fread(payload, 1, sizeof(payload), stdin);
	ok = load(mem, &m, &why) && sp_jws_sign(mem, sp_keyset_active(m.keys), argc > 1 ? argv[1] : "at+jwt",
	    sp_str_trim((struct sp_str){ payload, len }, "\n"), &token);
	if (ok)
		printf("%.*s\n", SP_FMT(token));
	else
		fprintf(stderr, "mint: %s\n", why);
	sp_keyset_unref(m.keys);
	if (m.pool != NULL)
		sp_db_pool_free(m.pool);
	sp_keyring_free(m.ring);
	if (m.settings != NULL)
		sp_settings_free(m.settings);
	sp_arena_free(mem);
	return ok ? 0 : 1;
}
