/*
 * floor.c - what the benchmark compares with: as little as one can do
 *
 *	floor constant			libfcgi's own loop, a constant answer
 *	floor tool CONNINFO		the same, with a look-up and a durable audit row
 *	floor spawn N PROGRAM		runs a CGI program N times, prints milliseconds a run
 *
 * The first two take the listening socket on descriptor 0.
 */
#include <fcgiapp.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char constant_answer[] =
    "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n"
    "{\"jsonrpc\":\"2.0\",\"id\":1}";

static void
drain(FCGX_Request *r)
{
	char bytes[4096];

	while (FCGX_GetStr(bytes, sizeof(bytes), r->in) > 0)
		;
}

static PGconn *
connect_to(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	PGresult *r = PQprepare(conn, "call", "WITH c AS (SELECT client_id FROM sallyport.client WHERE client_id = $1) "
	    "INSERT INTO sallyport.audit (event, outcome, client_id, request_id, address) "
	    "SELECT 'floor', 'ok', c.client_id, $2, '127.0.0.1' FROM c RETURNING audit_id", 0, NULL);

	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "floor: %s", PQerrorMessage(conn));
		exit(1);
	}
	PQclear(r);
	return conn;
}

static void
serve(const char *conninfo)
{
	PGconn *conn = conninfo != NULL ? connect_to(conninfo) : NULL;
	FCGX_Request r;

	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0) {
		drain(&r);
		if (conn != NULL)
			PQclear(PQexecPrepared(conn, "call", 2, (const char *const[]){ "bench", "request" },
			    NULL, NULL, 0));
		FCGX_PutStr(constant_answer, sizeof(constant_answer) - 1, r.out);
		FCGX_Finish_r(&r);
	}
}

static int
spawn(int count, char **argv)
{
	posix_spawn_file_actions_t actions;
	struct timespec from, to;
	extern char **environ;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < count; i++) {
		lseek(0, 0, SEEK_SET);
		if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			fprintf(stderr, "floor: %s did not run\n", argv[0]);
			return 1;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.3f\n", ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) / count);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "constant") == 0)
		serve(NULL);
	else if (argc == 3 && strcmp(argv[1], "tool") == 0)
		serve(argv[2]);
	else if (argc >= 4 && strcmp(argv[1], "spawn") == 0)
		return spawn((int)strtol(argv[2], NULL, 10), argv + 3);
	else {
		fputs("usage: floor constant | tool CONNINFO | spawn N PROGRAM\n", stderr);
		return 2;
	}
	return 0;
}
