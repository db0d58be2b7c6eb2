/*
 * fcgi_client.h - a FastCGI web server's side, byte by byte
 *
 * Records are made by hand, so that a test can leave out, cut, repeat and mix
 * what a real web server would not.
 */
#ifndef SP_UNIT_FCGI_CLIENT_H
#define SP_UNIT_FCGI_CLIENT_H

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include "unit.h"

enum { FCGI_BEGIN = 1, FCGI_ABORT = 2, FCGI_END = 3, FCGI_PARAMS = 4, FCGI_STDIN = 5,
	FCGI_STDOUT = 6, FCGI_GET_VALUES = 9 };

#define PATIENCE_SECONDS 20	/* for an answer, also under valgrind */

struct message {
	uint8_t *bytes;
	size_t len, size;
};

static inline void
message_add(struct message *m, const void *bytes, size_t len)
{
	if (m->len + len > m->size) {
		m->size = (m->len + len) * 2;
		m->bytes = realloc(m->bytes, m->size);
		assert_non_null(m->bytes);
	}
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static inline void
message_free(struct message *m)
{
	free(m->bytes);
	*m = (struct message){ NULL };
}

static inline void
record(struct message *m, unsigned type, unsigned id, const void *content, size_t len)
{
	const uint8_t header[8] = { 1, (uint8_t)type, (uint8_t)(id >> 8), (uint8_t)id,
	    (uint8_t)(len >> 8), (uint8_t)len, 0, 0 };

	assert_true(len < 65536);
	message_add(m, header, sizeof(header));
	message_add(m, content, len);
}

static inline void
begin(struct message *m, unsigned id, unsigned role, bool keep)
{
	const uint8_t body[8] = { 0, (uint8_t)role, keep };

	record(m, FCGI_BEGIN, id, body, sizeof(body));
}

static inline void
put_length(struct message *m, size_t len)
{
	const uint8_t four[4] = { (uint8_t)(0x80 | len >> 24), (uint8_t)(len >> 16),
	    (uint8_t)(len >> 8), (uint8_t)len };

	if (len < 128)
		message_add(m, four + 3, 1);
	else
		message_add(m, four, 4);
}

static inline void
put_param(struct message *m, const char *name, const char *value)
{
	put_length(m, strlen(name));
	put_length(m, strlen(value));
	message_add(m, name, strlen(name));
	message_add(m, value, strlen(value));
}

/* length -1: no CONTENT_LENGTH. The empty record that ends the variables is there. */
static inline void
params(struct message *m, unsigned id, const char *method, const char *uri, long length)
{
	struct message list = { NULL };
	char number[32];

	snprintf(number, sizeof(number), "%ld", length);
	put_param(&list, "REQUEST_METHOD", method);
	put_param(&list, "REQUEST_URI", uri);
	put_param(&list, "REMOTE_ADDR", "192.0.2.1");
	if (length >= 0)
		put_param(&list, "CONTENT_LENGTH", number);
	record(m, FCGI_PARAMS, id, list.bytes, list.len);
	record(m, FCGI_PARAMS, id, "", 0);
	message_free(&list);
}

static inline void
stdin_records(struct message *m, unsigned id, const char *body, size_t len)
{
	while (len > 0) {
		size_t n = len < 32768 ? len : 32768;

		record(m, FCGI_STDIN, id, body, n);
		body += n;
		len -= n;
	}
}

/* A whole request as web servers send it. */
static inline struct message
request(const char *method, const char *uri, const char *body, bool keep)
{
	struct message m = { NULL };

	begin(&m, 1, 1, keep);
	params(&m, 1, method, uri, body != NULL ? (long)strlen(body) : -1);
	if (body != NULL)
		stdin_records(&m, 1, body, strlen(body));
	record(&m, FCGI_STDIN, 1, "", 0);
	return m;
}

static inline int
connect_to(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static inline bool
send_bytes(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

struct reply {
	int status;		/* 0: no answer */
	bool ended;		/* FCGI_END_REQUEST came */
	struct message text;	/* header block and body */
	const char *body;
	size_t body_len;
};

static inline bool
read_bytes(int fd, void *into, size_t len)
{
	char *p = into;

	while (len > 0) {
		ssize_t n = recv(fd, p, len, 0);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Reads up to the end of the answer or of the connection. Free with message_free(&r.text). */
static inline struct reply
read_reply(int fd)
{
	struct reply r = { 0 };
	uint8_t header[8], content[65536 + 256];
	char *end;

	while (!r.ended && read_bytes(fd, header, sizeof(header))) {
		size_t len = (size_t)header[4] << 8 | header[5];

		if (!read_bytes(fd, content, len + header[6]))
			break;
		if (header[1] == FCGI_STDOUT)
			message_add(&r.text, content, len);
		r.ended = header[1] == FCGI_END;
	}
	message_add(&r.text, "", 1);
	end = strstr((char *)r.text.bytes, "\r\n\r\n");
	if (end != NULL && sscanf((char *)r.text.bytes, "Status: %d ", &r.status) == 1) {
		r.body = end + 4;
		r.body_len = r.text.len - 1 - (size_t)(r.body - (char *)r.text.bytes);
	}
	return r;
}

/* One request on an open connection: its status, 0 when there was no whole answer. */
static inline int
ask(int fd, const char *method, const char *uri, const char *body, bool keep)
{
	struct message m = request(method, uri, body, keep);
	struct reply r = { 0 };
	int status;

	if (send_bytes(fd, m.bytes, m.len))
		r = read_reply(fd);
	status = r.ended ? r.status : 0;
	message_free(&r.text);
	message_free(&m);
	return status;
}

/* The peer closes without another byte. */
static inline bool
is_closed_by_peer(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

#endif
