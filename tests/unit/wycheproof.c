/*
 * wycheproof.c - runs the vectors of Project Wycheproof that are about our signatures
 *
 *	wycheproof DIRECTORY
 *
 * DIRECTORY has JSON files of github.com/C2SP/wycheproof, of testvectors_v1 or
 * of the older testvectors.  Prints TAP, a line for each file of the table
 * below; one that is not there is skipped.  A "valid" signature must verify,
 * an "invalid" one must not.  "valid" under an algorithm that is not ours
 * (HS256, PS256, ES512 ...) must not either.  What the project leaves open
 * ("acceptable") is decided in acceptable().
 */
#include "base/encode.h"
#include "jose/jws.h"

static struct sp_arena *mem;		/* of one file */
static const char *file;
static unsigned tests, wrong, not_ours;

static struct json_object *
get(struct json_object *obj, const char *name)
{
	return sp_json_get(obj, name);
}

static bool
flagged(struct json_object *test, const char *flag)
{
	struct json_object *flags = get(test, "flags");

	for (size_t i = 0; flags != NULL && i < json_object_array_length(flags); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(flags, i)), flag))
			return true;
	return false;
}

/*
 * Our decisions.  MissingNull: the NULL of DigestInfo left out; RFC 8017
 * section 9.2 has it.  SigSize: r and s without their leading zeros; RFC 7518
 * section 3.4 wants 64 octets.  SmallPublicKey: e = 3 is sound when the padding
 * is checked whole, as it is, and there are keys with it.
 */
static bool
acceptable(struct json_object *test)
{
	return flagged(test, "SmallPublicKey") && !flagged(test, "MissingNull") && !flagged(test, "SigSize");
}

static void
judge(struct json_object *test, bool ours, bool verified, const char *why)
{
	struct sp_str result = sp_json_get_str(test, "result");
	bool expected = sp_str_is(result, "valid") || (sp_str_is(result, "acceptable") && acceptable(test));

	tests++;
	if (expected && !ours) {
		expected = false;
		not_ours++;
	}
	if (verified == expected)
		return;
	wrong++;
	printf("# %s tcId %lld: %.*s (%.*s), but %s\n", file,
	    (long long)json_object_get_int64(get(test, "tcId")), SP_FMT(result),
	    SP_FMT(sp_json_get_str(test, "comment")), verified ? "verified" : why);
}

static bool
is_ours(struct json_object *jwk)
{
	enum sp_jose_alg alg;

	return sp_jose_alg_find(sp_json_get_str(jwk, "alg"), &alg);
}

/* json_web_signature: a key and a token under it. */
static void
run_jws(struct json_object *group, struct json_object *test)
{
	struct json_object *jwk = get(group, "public") != NULL ? get(group, "public") : get(group, "private");
	struct sp_str payload;
	const char *why = NULL;
	struct sp_jws jws;
	struct sp_jwk key;
	bool ok = sp_jwk_parse(mem, jwk, SP_JWK_PUBLIC, &key, &why) &&
	    sp_jws_parse(mem, sp_json_get_str(test, "jws"), &jws, &why) &&
	    sp_jws_verify(mem, &jws, &key, &payload, &why);

	judge(test, is_ours(jwk), ok, why);
}

/* json_web_key: a set, and a token under one of its keys. */
static void
run_jwk(struct json_object *group, struct json_object *test)
{
	struct json_object *obj = get(group, "public") != NULL ? get(group, "public") : get(group, "private");
	const struct sp_jwk *key = NULL;
	struct sp_str payload;
	const char *why = "no such key";
	struct sp_jwk_set set;
	struct sp_jws jws;
	bool ok = sp_jwk_set_parse(mem, obj, &set, &why) &&
	    sp_jws_parse(mem, sp_json_get_str(test, "jws"), &jws, &why) &&
	    (key = sp_jwk_set_find(&set, jws.alg, jws.kid)) != NULL &&
	    sp_jws_verify(mem, &jws, key, &payload, &why);

	judge(test, is_ours(json_object_array_get_idx(get(obj, "keys"), 0)), ok, why);
}

/* The group's key as a public JWK: written there in one of three places, or as a point. */
static struct json_object *
group_jwk(struct json_object *group)
{
	static const char *const names[] = { "publicKeyJwk", "keyJwk", "jwk" };
	struct sp_str point;
	struct json_object *jwk;
	const char *why;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((jwk = get(group, names[i])) != NULL) {
			json_object_object_del(jwk, "d");	/* older files show it with a public key */
			return jwk;
		}
	if (!sp_hex_decode(mem, sp_json_get_str(get(group, "publicKey"), "uncompressed"), &point) ||
	    point.len != 65 ||
	    !sp_json_parse(mem, sp_str(sp_printf(mem, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
	    sp_base64url_encode(mem, point.p + 1, 32).p, sp_base64url_encode(mem, point.p + 33, 32).p)), &jwk, &why))
		return NULL;
	return jwk;
}

/* A key, a message and a signature over it: what sp_jws_verify() is given by sp_jws_parse(). */
static void
run_signature(struct json_object *group, struct json_object *test)
{
	struct sp_jws jws = { .payload = SP_LIT("") };
	struct sp_str payload;
	const char *why = "not hex";
	struct sp_jwk key;
	bool ok = sp_jwk_parse(mem, group_jwk(group), SP_JWK_PUBLIC, &key, &why) &&
	    sp_hex_decode(mem, sp_json_get_str(test, "msg"), &jws.signing_input) &&
	    sp_hex_decode(mem, sp_json_get_str(test, "sig"), &jws.signature);

	if (ok) {
		jws.alg = key.alg;
		ok = sp_jws_verify(mem, &jws, &key, &payload, &why);
	}
	judge(test, true, ok, why);
}

static const struct {
	const char *name, *old_name;		/* the second in the older directory, if it differs */
	void (*run)(struct json_object *group, struct json_object *test);
	bool everywhere;			/* in the copy that Debian has, too */
} files[] = {
	{ "json_web_signature_test.json", NULL, run_jws, false },
	{ "json_web_key_test.json", NULL, run_jwk, false },
	{ "ecdsa_secp256r1_sha256_p1363_test.json", NULL, run_signature, true },
	{ "ed25519_test.json", "eddsa_test.json", run_signature, true },
	{ "rsa_signature_2048_sha256_test.json", NULL, run_signature, true },
	{ "rsa_signature_3072_sha256_test.json", NULL, run_signature, true },
	{ "rsa_signature_4096_sha256_test.json", NULL, run_signature, false },
	{ "rsa_signature_8192_sha256_test.json", NULL, run_signature, false },
};
#define FILES (sizeof(files) / sizeof(files[0]))

/* False: the file is not there. */
static bool
run_file(const char *directory, void (*run)(struct json_object *, struct json_object *))
{
	const char *path = sp_printf(mem, "%s/%s", directory, file);
	/* not with our parser: there are strings with a NUL in these files */
	struct json_object *root = json_object_from_file(path), *groups;

	tests = wrong = not_ours = 0;
	if (root == NULL)
		return false;
	groups = get(root, "testGroups");
	for (size_t i = 0; groups != NULL && i < json_object_array_length(groups); i++) {
		struct json_object *group = json_object_array_get_idx(groups, i), *list = get(group, "tests");

		for (size_t k = 0; list != NULL && k < json_object_array_length(list); k++)
			run(group, json_object_array_get_idx(list, k));
	}
	if (tests == 0) {
		printf("# %s has no tests\n", path);
		wrong = 1;
	}
	json_object_put(root);
	return true;
}

int
main(int argc, char **argv)
{
	size_t count = 0, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: wycheproof DIRECTORY\n");
		return 2;
	}
	mem = sp_arena_new();
	for (size_t i = 0; i < FILES; i++) {
		bool there;

		file = files[i].name;
		there = run_file(argv[1], files[i].run);
		if (!there && files[i].old_name != NULL) {
			file = files[i].old_name;
			there = run_file(argv[1], files[i].run);
		}
		if (!there && !files[i].everywhere) {
			printf("# only in a checkout of the project: %s\n", files[i].name);
			continue;
		}
		if (!there || wrong > 0)
			failed++;
		printf("%sok %zu - %s: %u vectors, %u wrong, %u valid under algorithms that are not ours\n",
		    !there || wrong > 0 ? "not " : "", ++count, file, tests, wrong, not_ours);
		sp_arena_reset(mem);
	}
	printf("1..%zu\n", count);
	sp_arena_free(mem);
	return failed > 0;
}
