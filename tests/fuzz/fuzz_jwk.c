/*
 * fuzz_jwk.c - JSON Web Keys and sets
 *
 * A key that is taken is written as it was given (members that we do not know
 * apart), reads back as the same key, and its public form shows no secret.
 */
#include <openssl/evp.h>
#include "jose/jwk.h"
#include "fuzz.h"

/* Every member that was written was given with this value; alg, use and kid may be new. */
static void
check_members(struct sp_arena *mem, struct json_object *given, struct sp_str json)
{
	struct json_object *written;
	const char *why;

	FUZZ_CHECK(sp_json_parse(mem, json, &written, &why));
	json_object_object_foreach(written, name, value) {
		if (strcmp(name, "alg") != 0 && strcmp(name, "use") != 0)
			FUZZ_CHECK(json_object_equal(value, json_object_object_get(given, name)));
	}
}

static void
check_key(struct sp_arena *mem, struct json_object *given, const struct sp_jwk *key)
{
	static const char *const secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	struct sp_str json = sp_jwk_json(mem, key, key->part), public = sp_jwk_json(mem, key, SP_JWK_PUBLIC);
	struct json_object *obj;
	struct sp_jwk again;
	const char *why;

	check_members(mem, given, json);
	FUZZ_CHECK(sp_jwk_parse_text(mem, json, key->part, &again, &why));
	FUZZ_CHECK(again.alg == key->alg && sp_str_eq(again.kid, key->kid));
	FUZZ_CHECK(EVP_PKEY_eq(again.pkey, key->pkey) == 1);
	FUZZ_CHECK(sp_str_eq(json, sp_jwk_json(mem, &again, key->part)));
	FUZZ_CHECK(sp_jwk_parse_text(mem, public, SP_JWK_PUBLIC, &again, &why));
	FUZZ_CHECK(sp_str_eq(sp_jwk_thumbprint(mem, &again), sp_jwk_thumbprint(mem, key)));
	FUZZ_CHECK(sp_json_parse(mem, public, &obj, &why));
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		FUZZ_CHECK(!json_object_object_get_ex(obj, secrets[i], NULL));
}

static void
check_set(struct sp_arena *mem, struct json_object *obj, const struct sp_jwk_set *set)
{
	struct json_object *items = json_object_object_get(obj, "keys");

	FUZZ_CHECK(set->count + set->skipped == json_object_array_length(items));
	for (size_t i = 0; i < set->count; i++) {
		const struct sp_jwk *key = &set->key[i];

		FUZZ_CHECK(key->part == SP_JWK_PUBLIC);
		FUZZ_CHECK(key->kid.p == NULL || sp_jwk_set_find(set, key->alg, key->kid) != NULL || key->kid.len == 0);
		(void)sp_jwk_json(mem, key, SP_JWK_PUBLIC);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *obj;
	struct sp_jwk_set set;
	struct sp_jwk key;
	const char *why = NULL;

	if (sp_json_parse(mem, (struct sp_str){ (const char *)data, size }, &obj, &why)) {
		if (sp_jwk_parse(mem, obj, SP_JWK_PUBLIC, &key, &why))
			check_key(mem, obj, &key);
		if (sp_jwk_parse(mem, obj, SP_JWK_PRIVATE, &key, &why))
			check_key(mem, obj, &key);
		if (sp_jwk_set_parse(mem, obj, &set, &why))
			check_set(mem, obj, &set);
	}
	FUZZ_CHECK(sp_arena_used(mem) < ((size_t)1 << 26));
	sp_arena_free(mem);
	return 0;
}
