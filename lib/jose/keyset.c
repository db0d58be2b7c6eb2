/* keyset.c - the signing keys of this authorization server */
#include <assert.h>
#include <stdatomic.h>
#include "jose/keyset.h"

/* Everything in it lives in its own arena, the struct too. */
struct sp_keyset {
	struct sp_arena *mem;
	atomic_size_t references;
	struct sp_jwk *key;		/* with the private part where it is needed and allowed */
	size_t count;
	const struct sp_jwk *active;
	struct sp_str jwks;
};

/* next and active are opened: a next key that cannot be used shows before its turn comes. */
static bool
private_part_wanted(const struct sp_keyset_row *row, const struct sp_keyring *ring)
{
	return ring != NULL && !sp_str_is(row->state, "retiring");
}

static bool
private_key_open(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_keyset_row *row,
    struct sp_jwk *out, const char **why)
{
	struct sp_str json;

	if (!sp_unseal(mem, ring, SP_KEYSET_PURPOSE, row->kid, row->private_sealed, &json)) {
		*why = "private key is missing, or was sealed under another master key";
		return false;
	}
	return sp_jwk_parse_text(mem, json, SP_JWK_PRIVATE, out, why);
}

/* What the row says must be what the key is: kid, alg, and both parts of one pair. */
static bool
key_read(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_keyset_row *row,
    struct sp_jwk *out, const char **why)
{
	struct sp_jwk key;

	if (!sp_str_is(row->state, "next") && !sp_str_is(row->state, "active") &&
	    !sp_str_is(row->state, "retiring")) {
		*why = "state is unknown";
		return false;
	}
	if (!sp_jwk_parse_text(mem, row->public_jwk, SP_JWK_PUBLIC, &key, why))
		return false;
	if (!sp_str_is(row->alg, sp_jose_alg_name(key.alg))) {
		*why = "alg is not the key's";
		return false;
	}
	if (!sp_str_eq(sp_jwk_thumbprint(mem, &key), row->kid)) {
		*why = "kid is not the key's thumbprint";
		return false;
	}
	if (private_part_wanted(row, ring)) {
		if (!private_key_open(mem, ring, row, &key, why))
			return false;
		if (!sp_str_eq(sp_jwk_thumbprint(mem, &key), row->kid)) {
			*why = "private key is another one";
			return false;
		}
	}
	key.kid = sp_str_dup(mem, row->kid);	/* a JWK need not say it */
	*out = key;
	return true;
}

/* Written from the keys and not copied from the rows, so that it cannot show more than it should. */
static struct sp_str
jwks_write(struct sp_arena *mem, const struct sp_keyset *keys)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, SP_JWK_SET_MAX * (size_t)4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "keys");
	sp_jw_array(&w);
	for (size_t i = 0; i < keys->count; i++)
		sp_jwk_write(&w, &keys->key[i], SP_JWK_PUBLIC);
	sp_jw_array_end(&w);
	sp_jw_object_end(&w);
	assert(sp_buf_ok(&b));
	return sp_buf_view(&b);
}

bool
sp_keyset_build(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_keyset_row *rows, size_t count, struct sp_keyset **out, const char **why)
{
	struct sp_arena *own = sp_arena_new();
	struct sp_keyset *keys = sp_alloc(own, sizeof(*keys));
	const char *fault = NULL;

	*keys = (struct sp_keyset){ .mem = own, .references = 1, .count = count,
	    .key = sp_alloc_array(own, count, sizeof(*keys->key)) };
	if (count > SP_JWK_SET_MAX)
		fault = "too many keys";
	for (size_t i = 0; i < count && fault == NULL; i++) {
		const char *what = NULL;

		if (key_read(own, ring, &rows[i], &keys->key[i], &what) && sp_str_is(rows[i].state, "active")) {
			if (keys->active != NULL)
				what = "a second active key";
			keys->active = &keys->key[i];
		}
		for (size_t k = 0; k < i && what == NULL; k++)
			if (sp_str_eq(keys->key[k].kid, rows[i].kid))
				what = "the same key twice";
		if (what != NULL)
			fault = sp_printf(own, "signing key %.*s: %s", SP_FMT(rows[i].kid), what);
	}
	if (fault != NULL) {
		*why = sp_strdup(mem, fault);
		sp_arena_free(own);
		return false;
	}
	if (ring == NULL)
		keys->active = NULL;
	keys->jwks = jwks_write(own, keys);
	*out = keys;
	return true;
}

struct sp_keyset *
sp_keyset_ref(struct sp_keyset *keys)
{
	atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
	return keys;
}

void
sp_keyset_unref(struct sp_keyset *keys)
{
	/* the last one out must see what the others did with it */
	if (keys != NULL && atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) == 1)
		sp_arena_free(keys->mem);
}

const struct sp_jwk *
sp_keyset_find(const struct sp_keyset *keys, struct sp_str kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (sp_str_eq(keys->key[i].kid, kid))
			return &keys->key[i];
	return NULL;
}

const struct sp_jwk *
sp_keyset_active(const struct sp_keyset *keys)
{
	return keys->active;
}

struct sp_str
sp_keyset_jwks(const struct sp_keyset *keys)
{
	return keys->jwks;
}

void
sp_keyset_new_key(struct sp_arena *mem, const struct sp_keyring *ring, enum sp_jose_alg alg,
    struct sp_keyset_row *out)
{
	struct sp_jwk key;

	sp_jwk_generate(mem, alg, &key);
	*out = (struct sp_keyset_row){
		.kid = key.kid,
		.alg = sp_str(sp_jose_alg_name(alg)),
		.public_jwk = sp_jwk_json(mem, &key, SP_JWK_PUBLIC),
		.private_sealed = sp_seal(mem, ring, SP_KEYSET_PURPOSE, key.kid,
		    sp_jwk_json(mem, &key, SP_JWK_PRIVATE)),
	};
}
