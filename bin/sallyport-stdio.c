/*
 * sallyport-stdio.c - the catalog as a local MCP server, over standard input and output
 *
 *	sallyport-stdio --as USER [--server NAME]
 *
 * The same tools, rights, limits and audit rows as behind the web server, for a
 * client that starts its servers as programs.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "mcp/local.h"
#include "mcp/pipe.h"

#define CLIENT_ID	"sallyport-stdio"
#define ERRORS_MAX	((size_t)64 * 1024)

enum { DONE = 0, FAILED = 1, USAGE = 2 };

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
	const struct sp_program program = sp_local_program("sallyport-stdio");
	struct sp_local_person person = { .client_id = CLIENT_ID };
	struct sp_mcp_pipe pipe = { .in = STDIN_FILENO, .mcp = &sp_local_mcp, .server = "", .caller = sp_local_caller,
		.arg = &person };
	struct sp_arena *mem;
	struct sp_buf errors;
	char *as = NULL;
	sigset_t signals;
	int status;

	if (!read_options(argc, argv, &as, &pipe.server, &status))
		return status;
	sp_log_program(program.name);
	person.username = as;
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
