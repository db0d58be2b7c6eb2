/*
 * listeners.c - many streams of subscriptions/listen, as the web server in front of a program has them
 *
 *	listeners SOCKET TOKEN-FILE CONNINFO <commands
 *
 *	open N TEXT	opens N more, with the filter TEXT (JSON), and waits for their acknowledgements
 *	wait TEXT	until every one has been told something with TEXT in it
 *	rounds N SQL	N times: runs SQL, which tells each of them once, and measures how long that takes
 *	leave N		N of them go away
 *	end		waits until all have ended, and counts those that had the response to their request
 *
 * A line of output for each.  It speaks FastCGI, because web servers have limits
 * of their own.
 */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"

#define STREAMS_MAX	20000
#define WINDOW		8192		/* bytes of a stream that are looked at */
#define PATIENCE_MS	120000
#define SUBSCRIPTION	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
			"\"io.modelcontextprotocol/clientCapabilities\":{}"

struct stream {
	int fd;				/* -1: has ended */
	bool heard, final;
	size_t len;
	char bytes[WINDOW];
};

static struct stream **streams;
static int count, epoll;
static const char *needle;
static int64_t began_us;
static int64_t *sample;			/* microseconds until each was told */
static size_t samples;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "listeners: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- a request, in records ---- */

static char request[131072];
static size_t request_len;

static void
add(const void *bytes, size_t len)
{
	if (request_len + len > sizeof(request))
		die("a request that is too long");
	memcpy(request + request_len, bytes, len);
	request_len += len;
}

static void
record(unsigned type, const char *content, size_t len)
{
	const unsigned char header[8] = { 1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0, 0 };

	add(header, sizeof(header));
	add(content, len);
}

static void
variable(char *list, size_t *len, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value);

	list[(*len)++] = (char)n;
	list[(*len)++] = (char)(0x80 | v >> 24);
	list[(*len)++] = (char)(v >> 16);
	list[(*len)++] = (char)(v >> 8);
	list[(*len)++] = (char)v;
	memcpy(list + *len, name, n);
	memcpy(list + *len + n, value, v);
	*len += n + v;
}

static void
make_request(const char *token, const char *filter)
{
	static const char begin[8] = { 0, 1 };		/* responder; the connection is closed at the end */
	static char list[32768], body[65536], length[32], bearer[17000];
	size_t n = 0;

	snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\","
	    "\"params\":{\"notifications\":%s,\"_meta\":{" SUBSCRIPTION "}}}", filter);
	snprintf(length, sizeof(length), "%zu", strlen(body));
	variable(list, &n, "REQUEST_METHOD", "POST");
	variable(list, &n, "REQUEST_URI", "/mcp");
	variable(list, &n, "REMOTE_ADDR", "192.0.2.1");
	variable(list, &n, "CONTENT_LENGTH", length);
	variable(list, &n, "CONTENT_TYPE", "application/json");
	variable(list, &n, "HTTP_AUTHORIZATION", bearer);
	variable(list, &n, "HTTP_MCP_PROTOCOL_VERSION", "2026-07-28");
	variable(list, &n, "HTTP_MCP_METHOD", "subscriptions/listen");
	request_len = 0;
	record(1, begin, sizeof(begin));
	record(4, list, n);
	record(4, "", 0);
	record(5, body, strlen(body));
	record(5, "", 0);
}

/* ---- streams ---- */

/* What was found is done with, and what comes behind it is kept. */
static void
look(struct stream *s)
{
	static const char last[] = "\"resultType\":\"complete\"";
	const char *found;

	if (memmem(s->bytes, s->len, last, sizeof(last) - 1) != NULL)
		s->final = true;
	if (s->heard || needle == NULL)
		return;
	found = memmem(s->bytes, s->len, needle, strlen(needle));
	if (found == NULL)
		return;
	s->heard = true;
	sample[samples++] = sp_monotonic_us() - began_us;
	found += strlen(needle);
	s->len -= (size_t)(found - s->bytes);
	memmove(s->bytes, found, s->len);
}

static void
read_some(struct stream *s)
{
	ssize_t n;

	while (s->fd >= 0) {
		if (s->len > WINDOW / 2) {
			memmove(s->bytes, s->bytes + s->len - WINDOW / 2, WINDOW / 2);
			s->len = WINDOW / 2;
		}
		n = recv(s->fd, s->bytes + s->len, WINDOW - s->len, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close(s->fd);
			s->fd = -1;
			return;
		}
		s->len += (size_t)n;
		look(s);
	}
}

/* Reads until each has heard, or has ended. */
static int
pump(int64_t until_ms, bool ends)
{
	struct epoll_event events[256];
	int done;

	for (;;) {
		done = 0;
		for (int i = 0; i < count; i++)
			done += streams[i]->fd < 0 || (!ends && streams[i]->heard);
		if (done == count || sp_monotonic_ms() > until_ms)
			return done;
		for (int n = epoll_wait(epoll, events, 256, 100); n > 0; n = epoll_wait(epoll, events, 256, 0))
			for (int i = 0; i < n; i++)
				read_some(events[i].data.ptr);
	}
}

/* Those from `first` on. */
static int
wait_for(const char *text, int64_t since_us, int first)
{
	int heard = 0;

	needle = text;
	began_us = since_us;
	for (int i = 0; i < count; i++) {
		streams[i]->heard = i < first;
		look(streams[i]);
	}
	pump(sp_monotonic_ms() + PATIENCE_MS, false);
	for (int i = first; i < count; i++)
		heard += streams[i]->heard;
	needle = NULL;
	return heard;
}

static void
open_one(const struct sockaddr_un *address)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = s };

	if (s == NULL || count == STREAMS_MAX)
		die("too many streams");
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		die("connect");
	if (send(s->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
		die("send");
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &ev) != 0)
		die("epoll");
	streams[count++] = s;
}

/* ---- commands ---- */

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
report(const char *what, int n)
{
	qsort(sample, samples, sizeof(*sample), compare);
	printf("%s %d median_us %lld p99_us %lld max_us %lld\n", what, n, samples > 0 ? (long long)sample[samples / 2] : -1,
	    samples > 0 ? (long long)sample[samples * 99 / 100] : -1, samples > 0 ? (long long)sample[samples - 1] : -1);
}

static void
rounds(const char *conninfo, int n, const char *sql)
{
	PGconn *conn = PQconnectdb(conninfo);
	int fewest = count;

	if (PQstatus(conn) != CONNECTION_OK)
		die(PQerrorMessage(conn));
	sample = reallocarray(sample, (size_t)n * (size_t)count + 1, sizeof(*sample));
	if (sample == NULL)
		die("memory");
	for (int i = 0; i < n; i++) {
		int64_t since = sp_monotonic_us();
		int heard;

		PQclear(PQexec(conn, sql));
		heard = wait_for("notifications/resources/updated", since, 0);
		if (heard < fewest)
			fewest = heard;
	}
	PQfinish(conn);
	report("rounds", fewest);
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct rlimit limit;
	char line[65536], token[16384];
	FILE *f;

	if (argc != 4 || strlen(argv[1]) >= sizeof(address.sun_path))
		die("usage: listeners SOCKET TOKEN-FILE CONNINFO");
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	f = fopen(argv[2], "r");
	if (f == NULL || fscanf(f, "%16383s", token) != 1)
		die(argv[2]);
	fclose(f);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	streams = calloc(STREAMS_MAX, sizeof(struct stream *));
	sample = calloc(STREAMS_MAX + 1, sizeof(*sample));
	if (streams == NULL || sample == NULL)
		die("memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *word = line, *rest = line + strcspn(line, " \n");
		int n;

		line[strcspn(line, "\n")] = '\0';
		if (*rest == ' ')
			*rest++ = '\0';
		samples = 0;
		if (strcmp(word, "wait") == 0) {
			report("heard", wait_for(rest, sp_monotonic_us(), 0));
			continue;
		}
		n = (int)strtol(rest, &rest, 10);
		rest += strspn(rest, " ");
		if (strcmp(word, "open") == 0) {
			int64_t since = sp_monotonic_us();
			int first = count;

			make_request(token, rest);
			for (int i = 0; i < n; i++)
				open_one(&address);
			sample = reallocarray(sample, (size_t)count + 1, sizeof(*sample));
			n = wait_for("notifications/subscriptions/acknowledged", since, first);
			report("acknowledged", n);
		} else if (strcmp(word, "rounds") == 0) {
			rounds(argv[3], n, rest);
		} else if (strcmp(word, "leave") == 0) {
			for (int i = 0; i < n && count > 0; i++) {
				struct stream *s = streams[--count];

				if (s->fd >= 0)
					close(s->fd);
				free(s);
			}
			printf("left %d\n", count);
		} else if (strcmp(word, "end") == 0) {
			int final = 0, ended = pump(sp_monotonic_ms() + PATIENCE_MS, true);

			for (int i = 0; i < count; i++)
				final += streams[i]->final;
			printf("ended %d final %d\n", ended, final);
		}
	}
	return 0;
}
