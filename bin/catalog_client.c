/* catalog_client.c - a client of this catalog in the same process */
#include "catalog_client.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "mcp/local.h"
#include "mcp/pipe.h"

#define ERRORS_MAX	((size_t)65536)
#define LINE_MAX_BYTES	((size_t)64 * 1024 * 1024)

struct catalog_client {
	struct command *c;
	struct sp_program program;
	struct sp_local_person person;
};

struct catalog_client *
catalog_client_open(struct command *c, const char *username, const char *client_id)
{
	struct catalog_client *client = sp_alloc(c->mem, sizeof(*client));
	struct sp_buf errors;
	sigset_t signals;

	*client = (struct catalog_client){ .c = c, .program = sp_local_program("sallyport"),
		.person = { username, client_id != NULL ? client_id : "sallyport" } };
	/* as the pipe wants it; a person's Ctrl-C ends what runs, and then us */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* an internal error is explained in the log and nowhere else; a person wants no more of it */
	if (setenv("SALLYPORT_LOG_LEVEL", "warn", 1) != 0)
		sp_out_of_memory();
	sp_buf_init(&errors, c->mem, ERRORS_MAX);
	if (sp_process_open(&client->program, false, &errors))
		return client;
	(void)command_fail("could not open the catalog: %.*s", SP_FMT(sp_str_trim(sp_buf_view(&errors), "\n")));
	return NULL;
}

void
catalog_client_close(struct catalog_client *client)
{
	if (client != NULL)
		sp_process_close();
}

static void *
serve(void *pipe)
{
	sp_mcp_pipe_serve(pipe);
	return NULL;
}

static struct sp_str
request_text(struct catalog_client *client, const char *method, struct json_object *params)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, client->c->mem, LINE_MAX_BYTES);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_kint(&w, "id", 1);
	sp_jw_kcstr(&w, "method", method);
	sp_jw_key(&w, "params");
	sp_jw_object(&w);
	if (params != NULL) {
		json_object_object_foreach(params, name, value) {
			sp_jw_key(&w, name);
			sp_jw_value(&w, value);
		}
	}
	sp_jw_kraw(&w, "_meta", SP_LIT("{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"sallyport\",\"version\":\"" PACKAGE_VERSION "\"},"
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}"));
	sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	sp_buf_char(&b, '\n');
	return sp_buf_view(&b);
}

static bool
write_all(int fd, struct sp_str text)
{
	ssize_t n;

	while (text.len > 0 && (n = write(fd, text.p, text.len)) > 0)
		text = sp_str_sub(text, (size_t)n, text.len);
	return text.len == 0;
}

/* Lines until the one that answers; notifications are passed over. */
static bool
read_answer(struct catalog_client *client, FILE *in, struct json_object **out)
{
	struct json_object *message;
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	const char *why;
	ssize_t n;

	while (!found && (n = getline(&line, &size, in)) > 0)
		found = sp_json_parse_large(client->c->mem, sp_str_trim((struct sp_str){ line, (size_t)n }, "\r\n"), &message,
		    &why) && sp_json_get(message, "id") != NULL;
	free(line);
	if (found)
		*out = message;
	return found;
}

bool
catalog_client_ask(struct catalog_client *client, const char *server, const char *method, struct json_object *params,
    struct json_object **result, const char **why)
{
	struct sp_mcp_pipe pipe_of = { .mcp = &sp_local_mcp, .server = server, .caller = sp_local_caller,
		.arg = &client->person };
	int to[2], from[2];
	struct json_object *answer, *error;
	pthread_t thread;
	bool answered;
	FILE *in;

	*why = "could not make a pipe";
	if (pipe2(to, O_CLOEXEC) != 0)
		return false;
	if (pipe2(from, O_CLOEXEC) != 0) {
		close(to[0]);
		close(to[1]);
		return false;
	}
	pipe_of.in = to[0];
	pipe_of.out = from[1];
	in = fdopen(from[0], "r");
	if (in == NULL || pthread_create(&thread, NULL, serve, &pipe_of) != 0)
		sp_out_of_memory();
	answered = write_all(to[1], request_text(client, method, params)) && read_answer(client, in, &answer);
	close(to[1]);
	pthread_join(thread, NULL);
	close(to[0]);
	close(from[1]);
	fclose(in);
	*why = "there was no answer";
	if (!answered)
		return false;
	error = sp_json_get(answer, "error");
	if (error != NULL)
		*why = sp_cstr(client->c->mem, sp_json_get_str(error, "message"));
	else
		*result = sp_json_get(answer, "result");
	return error == NULL;
}
