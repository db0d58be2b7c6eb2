/*
 * reference.h - values that stand outside the catalog
 *
 * Who writes a catalog does not write secrets into it, but says where they are:
 *
 *	${env:NAME}	an environment variable of the program
 *	${file:NAME}	a file in one of a few directories, without the line break at its end
 *
 * anywhere in a text, and "$${" stands for "${".  They are looked up at each use
 * and kept nowhere, so that a file may be replaced while programs run.
 *
 * Which of them there are is the operator's to say, and not the catalog's: names
 * of variables begin with the setting credential_env, and files lie directly in
 * one of credential_dirs or in systemd's $CREDENTIALS_DIRECTORY.  A name of a
 * file has letters, digits, "_", "-" and ".", and no "." in front.
 */
#ifndef SP_TOOLS_REFERENCE_H
#define SP_TOOLS_REFERENCE_H

#include "base/arena.h"
#include "base/settings.h"

#define SP_REFERENCE_MAX 65536		/* bytes of a value */

/* Whether there is a reference in the text. */
bool sp_reference_is_in(struct sp_str text);

/* Whether all references are well formed; where they lead is another matter.  False: *why. */
SP_MUST_USE bool sp_reference_check(struct sp_str text, const char **why);

/*
 * The text with its values in their places, in mem.  False: *why, in mem, names
 * the reference that leads nowhere; it has nothing of a value.
 */
SP_MUST_USE bool sp_reference_resolve(struct sp_arena *mem, const struct sp_settings *settings, struct sp_str text,
    struct sp_str *out, const char **why);

#endif
