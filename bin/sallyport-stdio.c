/*
 * sallyport-stdio.c - the catalog as a local MCP server, over standard input and output
 *
 *	sallyport-stdio --as USER [--server NAME]
 *
 * The same tools, rights, limits and audit rows as behind the web server, for a
 * client that starts its servers as programs.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "db/queries.h"
#include "mcp/news.h"
#include "mcp/pipe.h"
#include "web/process.h"

#define CLIENT_ID	"sallyport-stdio"	/* in audit rows and claims */
#define NEVER		INT64_C(253402300799)	/* the end of the year 9999 */
#define FIRST_LOOK_SECONDS 2			/* where the database is away, what follows says so */
#define ERRORS_MAX	((size_t)64 * 1024)

enum { DONE = 0, FAILED = 1, USAGE = 2 };

static struct sp_mcp mcp;

/* Whether the first look at what may have changed is behind us. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool taken;
} first_look = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

static void
heard(void *arg, struct sp_db *db, const char *what)
{
	sp_mcp_heard(arg, db, what);
	if (what != NULL)
		return;
	pthread_mutex_lock(&first_look.lock);
	first_look.taken = true;
	pthread_cond_signal(&first_look.changed);
	pthread_mutex_unlock(&first_look.lock);
}

/* A client that is there already would be told that everything may have changed. */
static void
await_first_look(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FIRST_LOOK_SECONDS;
	pthread_mutex_lock(&first_look.lock);
	while (!first_look.taken && pthread_cond_timedwait(&first_look.changed, &first_look.lock, &until) == 0)
		;
	pthread_mutex_unlock(&first_look.lock);
}

static bool
start(struct sp_process *process)
{
	mcp.catalog = sp_catalog_cache_new();
	mcp.subscriptions = sp_subscriptions_new();
	process->state = &mcp;
	if (!sp_authority_start(process, heard, &mcp, &mcp.authority))
		return false;
	await_first_look();
	return true;
}

static void
stop(struct sp_process *process)
{
	(void)process;
	sp_authority_stop(mcp.authority);
	sp_subscriptions_free(mcp.subscriptions);
	sp_catalog_cache_free(mcp.catalog);
}

static const struct sp_program program = {
	.name = "sallyport-stdio", .needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop,
};

/* ---- the person ---- */

struct person {
	const char *user_id, *username, *tier;
};

static const struct sp_column person_columns[] = {
	{ "user_id", SP_COL_TEXT, offsetof(struct person, user_id) },
	{ "username", SP_COL_TEXT, offsetof(struct person, username) },
	{ "tier", SP_COL_TEXT, offsetof(struct person, tier) },
	{ NULL }
};

/* What a token of this person for this server would say, with every scope. */
static struct sp_str
claims(struct sp_request *req, const struct sp_resource *resource, const struct person *person)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 65536);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "iss", req->settings->issuer);
	sp_jw_kcstr(&w, "sub", person->user_id);
	sp_jw_kcstr(&w, "aud", resource->resource);
	sp_jw_kcstr(&w, "client_id", CLIENT_ID);
	sp_jw_kcstr(&w, "scope", sp_scope_text(req->mem, &resource->scopes));
	sp_jw_kcstr(&w, "tier", person->tier);
	sp_jw_kcstr(&w, "preferred_username", person->username);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

static bool
find_caller(struct sp_request *req, const struct sp_resource *resource, void *username, struct sp_caller *out)
{
	struct person person;

	switch (sp_db_row(&req->db, &sp_q_local_caller, SP_PARAMS(SP_P_TEXT(username)), person_columns, &person)) {
	case SP_DB_FAILED:
		return sp_fail_db(req);
	case SP_DB_NO_ROW:
		return sp_fail(req, SP_FORBIDDEN, "this user is not there or is disabled");
	case SP_DB_ROW:
		break;
	}
	*out = (struct sp_caller){
		.user_id = person.user_id, .client_id = CLIENT_ID, .tier = person.tier, .username = person.username,
		.scope = resource->scopes, .claims = claims(req, resource, &person), .exp = NEVER,
	};
	return true;
}

/* ---- the command line ---- */

static void
usage(FILE *to)
{
	fputs("usage: sallyport-stdio --as USER [--server NAME]\n\n"
	    "Serves the catalog over standard input and output, as MCP clients start local\n"
	    "servers, with the rights of this user.\n\n"
	    "  --as USER      for whom; a user of `sallyport user list`\n"
	    "  --server NAME  the server of /mcp/NAME; without it that of /mcp\n"
	    "  --version, --help\n\n"
	    "The settings are those of the programs: SALLYPORT_CONFIG names their file\n"
	    "(sallyport.conf(5)).\n", to);
}

/* False: *status is what to end with. */
static bool
read_options(int argc, char **argv, char **as, const char **server, int *status)
{
	enum { AS = 1, SERVER, PRINT_VERSION, HELP };
	static const struct option options[] = {
		{ "as", required_argument, NULL, AS },
		{ "server", required_argument, NULL, SERVER },
		{ "version", no_argument, NULL, PRINT_VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL }
	};
	int option;

	*status = USAGE;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case AS:
			*as = optarg;
			break;
		case SERVER:
			*server = optarg;
			break;
		case PRINT_VERSION:
			puts("sallyport-stdio (" PACKAGE_STRING ")");
			*status = DONE;
			return false;
		case HELP:
			usage(stdout);
			*status = DONE;
			return false;
		default:
			return false;
		}
	}
	if (*as == NULL || optind != argc) {
		usage(stderr);
		return false;
	}
	return true;
}

/*
 * Standard output is the protocol's: what a library might print must not get
 * there.
 */
static int
take_standard_output(void)
{
	int out = dup(STDOUT_FILENO);

	if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -1;
	return out;
}

int
main(int argc, char **argv)
{
	struct sp_mcp_pipe pipe = { .in = STDIN_FILENO, .mcp = &mcp, .server = "", .caller = find_caller };
	struct sp_arena *mem;
	struct sp_buf errors;
	char *as = NULL;
	sigset_t signals;
	int status;

	if (!read_options(argc, argv, &as, &pipe.server, &status))
		return status;
	sp_log_program(program.name);
	pipe.arg = as;
	pipe.out = take_standard_output();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	mem = sp_arena_new();
	sp_buf_init(&errors, mem, ERRORS_MAX);
	status = FAILED;
	if (pipe.out >= 0 && sp_process_open(&program, false, &errors)) {
		sp_mcp_pipe_serve(&pipe);
		sp_process_close();
		status = DONE;
	}
	if (errors.len > 0)
		fprintf(stderr, "sallyport-stdio: the settings have faults:\n%.*s", SP_FMT(sp_buf_view(&errors)));
	sp_arena_free(mem);
	return status;
}
