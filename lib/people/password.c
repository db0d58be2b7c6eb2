/* password.c - passwords as Argon2id */
#include "people/password.h"

#include <argon2.h>
#include <semaphore.h>
#include <pthread.h>

#include "base/log.h"
#include "base/secret.h"

/* The first of OWASP's equivalent settings: memory is what costs an attacker. */
#define MEMORY_KIB 47104
#define PASSES 1
#define LANES 1
#define SALT_LEN 16
#define HASH_LEN 32
#define ENCODED_MAX 256
#define AT_ONCE 2

static sem_t places;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start(void)
{
	sem_init(&places, 0, AT_ONCE);
}

static void
enter(void)
{
	pthread_once(&once, start);
	while (sem_wait(&places) != 0)
		;
}

bool
sp_password_acceptable(struct sp_str password, const char **why)
{
	if (password.len < SP_PASSWORD_MIN)
		*why = "shorter than 8 bytes";
	else if (password.len > SP_PASSWORD_MAX)
		*why = "longer than 1024 bytes";
	else if (memchr(password.p, '\0', password.len) != NULL || !sp_utf8_valid(password))
		*why = "not text in UTF-8";
	else
		return true;
	return false;
}

const char *
sp_password_hash(struct sp_arena *mem, struct sp_str password)
{
	char *encoded = sp_alloc(mem, ENCODED_MAX);
	uint8_t salt[SALT_LEN];
	int result;

	sp_random(salt, sizeof(salt));
	enter();
	result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.len, salt, sizeof(salt),
	    HASH_LEN, encoded, ENCODED_MAX);
	sem_post(&places);
	if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
		sp_out_of_memory();
	if (result != ARGON2_OK) {
		sp_log(SP_ERROR, "password", SP_L("problem", argon2_error_message(result)));
		abort();	/* our own constants are wrong */
	}
	return encoded;
}

bool
sp_password_verify(const char *encoded, struct sp_str password)
{
	static const uint8_t nobody_salt[SALT_LEN] = "nobody's salt...";
	uint8_t nobody[HASH_LEN];
	int result;

	if (password.len > SP_PASSWORD_MAX)
		return false;
	enter();
	if (encoded != NULL)
		result = argon2id_verify(encoded, password.p, password.len);
	else {
		(void)argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password.p, password.len, nobody_salt,
		    sizeof(nobody_salt), nobody, sizeof(nobody));
		result = ARGON2_VERIFY_MISMATCH;
	}
	sem_post(&places);
	if (result != ARGON2_OK && result != ARGON2_VERIFY_MISMATCH)
		sp_log(SP_ERROR, "password", SP_L("problem", argon2_error_message(result)));
	return result == ARGON2_OK;
}
