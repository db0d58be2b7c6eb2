/*
 * worker.h - the process: configuration, threads, signals, FastCGI and CGI
 *
 * A program is a table of routes and a main() of three lines.  How it was
 * started decides what it does:
 *
 *	descriptor 0 is a listening socket, or --listen PATH | HOST:PORT: FastCGI
 *	REQUEST_METHOD in the environment: CGI, the same handler once
 *	--check, --version, --help: a command line
 *
 * SIGTERM and SIGUSR1 end a FastCGI process after the requests it has begun
 * (at most request_timeout + 1 s; a second SIGTERM ends it at once).  SIGHUP
 * reads settings, master key and templates again; if anything is wrong, the old
 * ones stay.  These signals are blocked in every thread: a program that is
 * started for a tool must be given an empty signal mask.
 */
#ifndef SP_WEB_WORKER_H
#define SP_WEB_WORKER_H

#include "web/router.h"

enum {
	SP_NEED_DB = 1,			/* a pool is made (connections only when used) */
	SP_NEED_KEYRING = 2,		/* the master key is loaded */
	SP_NEED_TEMPLATES = 4,
};

/*
 * A snapshot: a reload makes a new one, and requests that run keep theirs.
 * The first, which start() is given, lives as long as the process.  pool and
 * state are the same in all of them; settings that the pool or the threads were
 * made from (database, db_*, statement_timeout, threads) need a restart.
 */
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
	/* Whether the settings want this program; where not, it knows no path.  NULL: always. */
	bool (*wanted)(const struct sp_settings *settings);
};

int sp_worker_main(int argc, char **argv, const struct sp_program *program);

#endif
