/* cmd_key.h - rotation, which `init` needs too */
#ifndef SP_BIN_CMD_KEY_H
#define SP_BIN_CMD_KEY_H

#include "command.h"

/* Makes a key, the next one becomes active. Row: active_kid, next_kid. NULL: it failed, and that was said. */
const PGresult *key_rotate(struct command *c, const char *alg);

#endif
