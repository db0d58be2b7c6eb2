/*
 * process.h - what a process knows: settings, keys, templates, pool; replaced whole
 *
 * Used by worker.c, fastcgi.c and cgi.c.  A snapshot is held while a request
 * runs and never changes; a reload swaps in the next one.
 */
#ifndef SP_WEB_PROCESS_H
#define SP_WEB_PROCESS_H

#include "web/worker.h"

/*
 * Loads settings and what the program needs, then calls its start().  False:
 * `errors` has a line per fault.
 */
SP_MUST_USE bool sp_process_open(const struct sp_program *program, bool is_cgi,
    struct sp_buf *errors);
/* Only the checks of --check: nothing stays open, and the database is really asked. */
SP_MUST_USE bool sp_process_check(const struct sp_program *program, struct sp_buf *errors);
/* The next snapshot; false leaves the present one in place. */
SP_MUST_USE bool sp_process_reload(struct sp_buf *errors);
/* Calls stop() and frees everything; no snapshot may be held any more. */
void sp_process_close(void);

/* The present snapshot, until it is released. */
struct sp_process *sp_process_hold(void);
void sp_process_release(struct sp_process *process);
/* Goes up with every reload: a thread that holds a snapshot looks here for news. */
unsigned sp_process_generation(void);

#endif
