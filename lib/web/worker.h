/*
 * worker.h - the process: configuration, accept loop, threads, signals, CGI
 *
 * A program is a table of routes and a main() of three lines.  Descriptor 0 is
 * a listening socket: FastCGI, one accept-and-poll loop feeding handler
 * threads.  Otherwise, with REQUEST_METHOD in the environment: CGI, the same
 * handler once.  Else: a command line (--check, --version, --help).
 * SIGTERM drains, SIGHUP reloads the settings.
 */
#ifndef SP_WEB_WORKER_H
#define SP_WEB_WORKER_H

#include "web/router.h"

enum {
	SP_NEED_DB = 1,			/* a pool is made (connections only when used) */
	SP_NEED_KEYRING = 2,		/* the master key is loaded */
	SP_NEED_TEMPLATES = 4,
};

struct sp_process {
	const struct sp_program *program;
	struct sp_settings *settings;
	struct sp_db_pool *pool;		/* NULL without SP_NEED_DB */
	struct sp_keyring *keyring;		/* NULL without SP_NEED_KEYRING */
	struct sp_templates *templates;		/* NULL without SP_NEED_TEMPLATES */
	bool is_cgi;
	void *state;				/* the program's own, made by start() */
};

struct sp_program {
	const char *name;			/* "token" */
	const char *summary;			/* one line for --help */
	const struct sp_route *routes;
	unsigned needs;
	/*
	 * Once, before the first request, after what `needs` names is there (in CGI
	 * too).  False ends the process with a message.  Threads may be started here.
	 */
	bool (*start)(struct sp_process *process);
	void (*stop)(struct sp_process *process);
};

int sp_worker_main(int argc, char **argv, const struct sp_program *program);

#endif
