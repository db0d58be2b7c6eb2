/*
 * sweeper.h - deletes what has run out, once a minute
 *
 * Any number of processes may have one: the database lets one sweep at a time.
 * A CGI program has no minutes; there one process in many sweeps at its end,
 * when its answer is out.
 */
#ifndef SP_OAUTH_SWEEPER_H
#define SP_OAUTH_SWEEPER_H

#include "web/worker.h"

struct sp_sweeper;

/* From a program's start(); the thread uses a connection of the process's pool for as long as a sweep takes. */
struct sp_sweeper *sp_sweeper_start(struct sp_process *process);
/* From its stop(). NULL is fine. */
void sp_sweeper_stop(struct sp_sweeper *sweeper);

#endif
