/* worker.c - how a program was started, and what it does about that */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "web/cgi.h"
#include "web/fastcgi.h"
#include "web/process.h"

#define EX_USAGE 64	/* sysexits.h */

static void
print_help(const struct sp_program *program)
{
	const struct sp_setting_info *info;

	printf("%s - %s\n\n"
	    "usage: %s [--listen PATH|HOST:PORT [--mode OCTAL]] | --check | --version | --help\n\n"
	    "Started with a listening socket as standard input it serves FastCGI, with\n"
	    "REQUEST_METHOD in the environment it answers one request as a CGI program.\n\n"
	    "  --listen PATH|HOST:PORT  makes the FastCGI socket itself\n"
	    "  --mode OCTAL             mode of the socket at PATH (0660)\n"
	    "  --check                  reads the settings, tries what they name, and ends\n\n"
	    "Settings, from %s/sallyport.conf (or the file that SALLYPORT_CONFIG names)\n"
	    "or from the environment (SALLYPORT_ and the name in upper case):\n\n",
	    program->name, program->summary, program->name, SP_SYSCONFDIR);
	for (size_t i = 0; (info = sp_setting_info(i)) != NULL; i++)
		printf("  %-26s %s%s%s, default \"%s\"\n      %s\n", info->name, info->type,
		    info->unit != NULL && info->unit[0] != '\0' ? ", " : "",
		    info->unit != NULL ? info->unit : "", info->default_text, info->help);
}

static int
print_faults(const struct sp_program *program, struct sp_buf *errors)
{
	struct sp_str rest = sp_buf_view(errors), line;

	while (sp_str_split(&rest, '\n', &line))
		if (line.len > 0)
			fprintf(stderr, "%s: %.*s\n", program->name, SP_FMT(line));
	return 1;
}

static bool
is_listening(int fd)
{
	socklen_t len = sizeof(int);
	int listening = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

/*
 * Away from descriptor 0, with close-on-exec: a program that is started for a
 * tool must not be able to accept other people's requests.  Non-blocking,
 * because other processes wait at the same socket and may be faster.
 */
static int
take_standard_input(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_RDWR);

	if (fd < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0)
		return -1;
	if (null > STDERR_FILENO)
		close(null);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

/* A CGI program that cannot start still owes the web server an answer. */
static void
answer_misconfigured(void)
{
	printf("Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n"
	    "Cache-Control: no-store\r\nRetry-After: 60\r\n\r\n"
	    "{\"error\":\"temporarily_unavailable\","
	    "\"error_description\":\"The service is not configured; its log says why.\"}");
	fflush(stdout);
}

static int
run(const struct sp_program *program, int listener, const char *path, struct sp_buf *errors)
{
	int status;

	if (listener >= 0)
		(void)sp_fastcgi_block_signals();
	if (!sp_process_open(program, listener < 0, errors)) {
		if (listener < 0)
			answer_misconfigured();
		return print_faults(program, errors);
	}
	status = listener >= 0 ? sp_fastcgi_run(listener, path) : sp_cgi_run();
	sp_process_close();
	return status;
}

static int
command_line(const struct sp_program *program, int argc, char **argv, struct sp_arena *mem,
    struct sp_buf *errors)
{
	enum { LISTEN = 1, MODE, CHECK, PRINT_VERSION, HELP };
	static const struct option options[] = {
		{ "listen", required_argument, NULL, LISTEN },
		{ "mode", required_argument, NULL, MODE },
		{ "check", no_argument, NULL, CHECK },
		{ "version", no_argument, NULL, PRINT_VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL }
	};
	const char *where = NULL, *why;
	unsigned long mode = 0660;
	char *end;
	int option, listener;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case LISTEN:
			where = optarg;
			break;
		case MODE:
			mode = strtoul(optarg, &end, 8);
			if (*end != '\0' || mode > 0777)
				return EX_USAGE;
			break;
		case CHECK:
			return sp_process_check(program, errors) ? 0 :
			    print_faults(program, errors);
		case PRINT_VERSION:
			printf("%s (%s)\n", program->name, PACKAGE_STRING);
			return 0;
		case HELP:
			print_help(program);
			return 0;
		default:
			return EX_USAGE;
		}
	}
	if (where == NULL || optind != argc) {
		fprintf(stderr, "%s: started neither by a web server nor with --listen; "
		    "see --help\n", program->name);
		return EX_USAGE;
	}
	listener = sp_fastcgi_listen(mem, where, (unsigned)mode, &why);
	if (listener < 0) {
		fprintf(stderr, "%s: %s\n", program->name, why);
		return 1;
	}
	return run(program, listener, strchr(where, '/') != NULL ? where : NULL, errors);
}

int
sp_worker_main(int argc, char **argv, const struct sp_program *program)
{
	struct sp_arena *mem;
	struct sp_buf errors;
	int status;

	/* libfcgi reads this once; its 2 s would keep a thread waiting for a peer's close. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "100", 0);
	/* In a CGI program this is a request header, and HTTP libraries believe it (httpoxy). */
	unsetenv("HTTP_PROXY");
	sp_log_program(program->name);
	mem = sp_arena_new();
	sp_buf_init(&errors, mem, 64 * 1024);
	if (is_listening(STDIN_FILENO)) {
		status = run(program, take_standard_input(), NULL, &errors);
	} else if (getenv("REQUEST_METHOD") != NULL) {
		status = run(program, -1, NULL, &errors);
	} else {
		status = command_line(program, argc, argv, mem, &errors);
	}
	sp_arena_free(mem);
	return status;
}
