/* seal.c - the master keys, and values sealed under keys derived from them */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include "base/encode.h"
#include "base/secret.h"

#define KEY_LEN		32
#define KEY_ID_MAX	64
#define MAX_KEYS	16	/* a rotation needs two */
#define MAX_FILE	8192	/* room for so many keys with a comment each */
#define SEAL_VERSION	1
#define NONCE_LEN	12
#define TAG_LEN		16

struct key {
	char id[KEY_ID_MAX];
	size_t id_len;
	uint8_t bytes[KEY_LEN];
};

struct sp_keyring {
	struct key key[MAX_KEYS];	/* the first one seals */
	size_t count;
};

/* ---- the file ---- */

static bool
key_id_valid(struct sp_str id)
{
	return id.len > 0 && id.len <= KEY_ID_MAX &&
	    sp_str_only(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}

static const struct key *
key_find(const struct sp_keyring *ring, struct sp_str id)
{
	for (size_t i = 0; i < ring->count; i++)
		if (sp_str_eq(id, (struct sp_str){ ring->key[i].id, ring->key[i].id_len }))
			return &ring->key[i];
	return NULL;
}

/* What is wrong with the file's text; NULL: nothing. */
static const char *
keyring_parse(struct sp_keyring *ring, struct sp_arena *mem, struct sp_str text)
{
	struct sp_str line, id, bytes;

	while (sp_str_split(&text, '\n', &line)) {
		struct key *key = &ring->key[ring->count];

		line = sp_str_trim(line, " \t\r");
		if (line.len == 0 || line.p[0] == '#')
			continue;
		sp_str_split(&line, ' ', &id);
		if (!key_id_valid(id) || !sp_base64_decode(mem, sp_str_trim(line, " \t"), &bytes) ||
		    bytes.len != KEY_LEN)
			return "a line is not \"KEYID base64(32 bytes)\"";
		if (ring->count == MAX_KEYS)
			return "too many keys";
		if (key_find(ring, id) != NULL)
			return "a key id is there twice";
		memcpy(key->id, id.p, id.len);
		key->id_len = id.len;
		memcpy(key->bytes, bytes.p, KEY_LEN);
		ring->count++;
	}
	return ring->count > 0 ? NULL : "no key in it";
}

/* What is wrong with the file; NULL: nothing. */
static const char *
keyring_read(struct sp_keyring *ring, struct sp_arena *mem, int fd)
{
	struct stat st;
	size_t len = 0;
	ssize_t n;
	char *text;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if ((st.st_mode & (S_IWGRP | S_IRWXO)) != 0)
		return "others than its owner and group may read it, or others than its owner write it";
	text = sp_alloc(mem, MAX_FILE);
	while ((n = read(fd, text + len, MAX_FILE - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return strerror(errno);
	if (len == MAX_FILE)
		return "too large";
	return keyring_parse(ring, mem, (struct sp_str){ text, len });
}

bool
sp_keyring_load(const char *path, struct sp_keyring **out, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);		/* a FIFO must not hold us up */
	struct sp_keyring *ring;
	struct sp_arena *mem;
	const char *fault;

	if (fd < 0) {
		*why = strerror(errno);
		return false;
	}
	if ((ring = calloc(1, sizeof(*ring))) == NULL)
		sp_out_of_memory();
	mem = sp_arena_new();
	fault = keyring_read(ring, mem, fd);
	sp_arena_free(mem);
	close(fd);
	if (fault != NULL) {
		sp_keyring_free(ring);
		*why = fault;
		return false;
	}
	*out = ring;
	return true;
}

void
sp_keyring_free(struct sp_keyring *ring)
{
	if (ring == NULL)
		return;
	sp_wipe(ring, sizeof(*ring));
	free(ring);
}

bool
sp_keyring_create(const char *path, const char **why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint8_t key[KEY_LEN], id[4];
	struct sp_arena *mem;
	struct sp_str line;
	bool ok;

	if (fd < 0) {
		*why = strerror(errno);
		return false;
	}
	mem = sp_arena_new();
	sp_random(key, sizeof(key));
	sp_random(id, sizeof(id));
	line = sp_str(sp_printf(mem, "%s %s\n", sp_hex_encode(mem, id, sizeof(id)).p,
	    sp_base64_encode(mem, key, sizeof(key)).p));
	sp_wipe(key, sizeof(key));
	/* on the disk before anything is sealed with it */
	errno = 0;
	ok = write(fd, line.p, line.len) == (ssize_t)line.len && fsync(fd) == 0;
	if (!ok) {
		*why = errno != 0 ? strerror(errno) : "written in part only";
		unlink(path);
	}
	close(fd);
	sp_arena_free(mem);
	return ok;
}

/* ---- sealing ---- */

/* Fetched once: looking an algorithm up costs more than using it. */
static EVP_KDF *hkdf;
static EVP_CIPHER *aes;

static void
fetch(void)
{
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (hkdf == NULL || aes == NULL)
		sp_crypto_failed("HKDF, AES-256-GCM");
}

/* HKDF-SHA256 without salt, info "sallyport/" purpose: RFC 5869. */
static void
derive(struct sp_str secret, const char *purpose, uint8_t out[static KEY_LEN])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static const char prefix[] = "sallyport/";
	char info[sizeof(prefix) + 64];
	struct sp_buf b;
	EVP_KDF_CTX *ctx;

	pthread_once(&once, fetch);
	sp_buf_fixed(&b, info, sizeof(info));
	sp_buf_cstr(&b, prefix);
	sp_buf_cstr(&b, purpose);
	assert(sp_buf_ok(&b));
	ctx = EVP_KDF_CTX_new(hkdf);
	if (ctx == NULL || EVP_KDF_derive(ctx, out, KEY_LEN, (OSSL_PARAM[]) {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (char *)secret.p, secret.len),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, b.len),
	    OSSL_PARAM_construct_end() }) != 1)
		sp_crypto_failed("HKDF");
	EVP_KDF_CTX_free(ctx);
}

void
sp_keyring_mac(const struct sp_keyring *ring, const char *purpose, struct sp_str in, uint8_t out[static SP_SHA256_LEN])
{
	uint8_t key[KEY_LEN];

	derive((struct sp_str){ (const char *)ring->key[0].bytes, KEY_LEN }, purpose, key);
	sp_hmac_sha256((struct sp_str){ (const char *)key, sizeof(key) }, in, out);
	sp_wipe(key, sizeof(key));
}

/*
 * The header (version, key id) is authenticated in front of the caller's aad.
 * It says its own length, so that the two cannot be confused.
 */
static struct sp_str
seal(struct sp_arena *mem, struct sp_str key_id, const uint8_t key[static KEY_LEN],
    struct sp_str aad, struct sp_str plain)
{
	size_t header_len = 2 + key_id.len, len = header_len + NONCE_LEN + plain.len + TAG_LEN;
	uint8_t *sealed, *nonce, *text, *tag;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (plain.len > INT_MAX || aad.len > INT_MAX)
		sp_crypto_failed("seal: too long");
	sealed = sp_alloc(mem, len);
	nonce = sealed + header_len;
	text = nonce + NONCE_LEN;
	tag = text + plain.len;
	sealed[0] = SEAL_VERSION;
	sealed[1] = (uint8_t)key_id.len;
	memcpy(sealed + 2, key_id.p, key_id.len);
	sp_random(nonce, NONCE_LEN);
	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, aes, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, sealed, (int)header_len) != 1 ||
	    (aad.len > 0 && EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.len) != 1) ||
	    (plain.len > 0 && EVP_EncryptUpdate(ctx, text, &n, (const uint8_t *)plain.p, (int)plain.len) != 1) ||
	    EVP_EncryptFinal_ex(ctx, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) != 1)
		sp_crypto_failed("AES-256-GCM");
	EVP_CIPHER_CTX_free(ctx);
	return (struct sp_str){ (char *)sealed, len };
}

/* A sealed value taken apart. */
struct parts {
	struct sp_str header, key_id, nonce, text, tag;
};

static bool
take_apart(struct sp_str sealed, struct parts *p)
{
	size_t header_len, tag_at;

	if (sealed.len < 2 || sealed.p[0] != SEAL_VERSION)
		return false;
	header_len = 2 + (size_t)(uint8_t)sealed.p[1];
	if (sealed.len < header_len + NONCE_LEN + TAG_LEN || sealed.len > INT_MAX)
		return false;
	tag_at = sealed.len - TAG_LEN;
	p->header = sp_str_sub(sealed, 0, header_len);
	p->key_id = sp_str_sub(sealed, 2, header_len);
	p->nonce = sp_str_sub(sealed, header_len, header_len + NONCE_LEN);
	p->text = sp_str_sub(sealed, header_len + NONCE_LEN, tag_at);
	p->tag = sp_str_sub(sealed, tag_at, sealed.len);
	return true;
}

static bool
unseal(struct sp_arena *mem, const struct parts *p, const uint8_t key[static KEY_LEN],
    struct sp_str aad, struct sp_str *plain)
{
	uint8_t *text = sp_alloc(mem, p->text.len + 1);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok;
	int n;

	if (ctx == NULL || EVP_DecryptInit_ex2(ctx, aes, key, (const uint8_t *)p->nonce.p, NULL) != 1)
		sp_crypto_failed("AES-256-GCM");
	ok = aad.len <= INT_MAX &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)p->header.p, (int)p->header.len) == 1 &&
	    (aad.len == 0 || EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.len) == 1) &&
	    (p->text.len == 0 ||
	    EVP_DecryptUpdate(ctx, text, &n, (const uint8_t *)p->text.p, (int)p->text.len) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, (char *)p->tag.p) == 1 &&
	    EVP_DecryptFinal_ex(ctx, text + p->text.len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok) {
		sp_wipe(text, p->text.len);	/* not authenticated: nobody may see it */
		return false;
	}
	*plain = (struct sp_str){ (char *)text, p->text.len };
	return true;
}

static struct sp_str
key_bytes(const struct key *key)
{
	return (struct sp_str){ (const char *)key->bytes, KEY_LEN };
}

struct sp_str
sp_seal(struct sp_arena *mem, const struct sp_keyring *ring, const char *purpose,
    struct sp_str aad, struct sp_str plain)
{
	const struct key *master = &ring->key[0];
	uint8_t key[KEY_LEN];
	struct sp_str sealed;

	derive(key_bytes(master), purpose, key);
	sealed = seal(mem, (struct sp_str){ master->id, master->id_len }, key, aad, plain);
	sp_wipe(key, sizeof(key));
	return sealed;
}

bool
sp_unseal(struct sp_arena *mem, const struct sp_keyring *ring, const char *purpose,
    struct sp_str aad, struct sp_str sealed, struct sp_str *plain)
{
	const struct key *master;
	uint8_t key[KEY_LEN];
	struct parts p;
	bool ok;

	if (!take_apart(sealed, &p) || (master = key_find(ring, p.key_id)) == NULL)
		return false;
	derive(key_bytes(master), purpose, key);
	ok = unseal(mem, &p, key, aad, plain);
	sp_wipe(key, sizeof(key));
	return ok;
}

struct sp_str
sp_seal_with(struct sp_arena *mem, struct sp_str secret, const char *purpose,
    struct sp_str aad, struct sp_str plain)
{
	uint8_t key[KEY_LEN];
	struct sp_str sealed;

	assert(secret.len > 0);
	derive(secret, purpose, key);
	sealed = seal(mem, SP_LIT(""), key, aad, plain);	/* no key id: the caller has the key */
	sp_wipe(key, sizeof(key));
	return sealed;
}

bool
sp_unseal_with(struct sp_arena *mem, struct sp_str secret, const char *purpose,
    struct sp_str aad, struct sp_str sealed, struct sp_str *plain)
{
	uint8_t key[KEY_LEN];
	struct parts p;
	bool ok;

	if (secret.len == 0 || !take_apart(sealed, &p) || p.key_id.len != 0)
		return false;
	derive(secret, purpose, key);
	ok = unseal(mem, &p, key, aad, plain);
	sp_wipe(key, sizeof(key));
	return ok;
}
