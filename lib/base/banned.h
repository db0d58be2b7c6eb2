/*
 * banned.h - calls that do not compile here; included by every .c file (-include)
 *
 * They write without a bound, keep hidden state, hide errors, or follow the
 * locale.  str.h, buf.h and secret.h have what to use instead.
 */
#ifndef SP_BASE_BANNED_H
#define SP_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#undef strcpy
#undef strcat
#undef strtok
#undef sprintf
#undef vsprintf
#undef atoi
#undef atol
#undef alloca
#pragma GCC poison strcpy strcat strtok sprintf vsprintf atoi atol atoll gets alloca strcasecmp strncasecmp

/* OpenSSL has parameters of this name, so that it cannot be poisoned. */
#ifdef __clang__
#define SP_BANNED(use) __attribute__((unavailable(use)))
#else
#define SP_BANNED(use) __attribute__((error(use)))
#endif
int rand(void) SP_BANNED("use sp_random()");
void srand(unsigned) SP_BANNED("use sp_random()");

#endif
