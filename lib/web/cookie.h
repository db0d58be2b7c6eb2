/*
 * cookie.h - cookies of ours: HttpOnly, SameSite=Lax, Path=/, and under https
 * Secure with the __Host- prefix (RFC 6265bis 4.1.3.2)
 */
#ifndef SP_WEB_COOKIE_H
#define SP_WEB_COOKIE_H

#include "web/request.h"

/* The value of our cookie (without prefix in `name`); absent when missing, malformed or sent twice. */
struct sp_str sp_cookie_get(const struct sp_request *req, const char *name);
/* max_age in seconds; 0: until the browser closes; -1: delete. Value: cookie-octets only. */
void sp_cookie_set(struct sp_request *req, const char *name, struct sp_str value, int64_t max_age);

#endif
