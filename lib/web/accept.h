/* accept.h - what kinds of answer a client takes (RFC 9110 section 12.5.1) */
#ifndef SP_WEB_ACCEPT_H
#define SP_WEB_ACCEPT_H

#include "base/str.h"

/*
 * The weight that an Accept header gives to a media type, from 0 (not wanted) to
 * 1000: that of the range which names it most exactly.  An absent header takes
 * anything.  A weight that is none counts as 1.
 */
int sp_accept_weight(struct sp_str accept, const char *type, const char *subtype);

/* Whether it wants HTML rather than JSON: a browser does, and a program says so if it does. */
bool sp_accept_prefers_html(struct sp_str accept);

#endif
