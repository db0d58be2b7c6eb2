/*
 * catalog_upstream.h - sallyport catalog refresh and pins; what follows an apply
 */
#ifndef SP_BIN_CATALOG_UPSTREAM_H
#define SP_BIN_CATALOG_UPSTREAM_H

#include "command.h"

/*
 * Behind an apply: the entries of upstreams are made anew of what was approved, as
 * their rows may say something else now.  An upstream of which nothing was approved
 * yet is asked what it has; that is shown, and approved with the apply.  Returns an
 * exit status.
 */
int catalog_upstreams_applied(struct command *c);

#endif
