/*
 * password.h - passwords as Argon2id (RFC 9106), in the encoded form that names its parameters
 *
 * One judgement takes about a tenth of a second and 46 MiB; at most two run at
 * once in a process, so that a flood of sign-ins is slow for itself only.
 */
#ifndef SP_PEOPLE_PASSWORD_H
#define SP_PEOPLE_PASSWORD_H

#include "base/arena.h"

#define SP_PASSWORD_MAX 1024	/* bytes */
#define SP_PASSWORD_MIN 8	/* bytes of a new one */

/* May this be set as a password?  *why is static. */
SP_MUST_USE bool sp_password_acceptable(struct sp_str password, const char **why);

/* The encoded hash of a password with a new salt. */
const char *sp_password_hash(struct sp_arena *mem, struct sp_str password);

/*
 * Is this the password of that hash?  With encoded == NULL (no such user) the
 * same work is done and the answer is no.
 */
bool sp_password_verify(const char *encoded, struct sp_str password);

#endif
