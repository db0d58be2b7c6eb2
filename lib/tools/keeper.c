/* keeper.c - the way to the keeper: its socket, and the first line */
#include "tools/keeper.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"

#define LINE_MAX_LEN	4096		/* of the keeper's answer */

/* ---- the first line ---- */

struct limits {
	int64_t cpu, memory, file, processes, files;
};

struct fields {
	struct sp_str name, directory;
	struct sp_json_strings argv, envp;
	struct json_object *limits;
	bool seccomp;
	int64_t idle_ms, lifetime_ms, message_max;
};

static void
write_strings(struct sp_json_writer *w, const char *name, const char *const *strings)
{
	sp_jw_key(w, name);
	sp_jw_array(w);
	for (size_t i = 0; strings != NULL && strings[i] != NULL; i++)
		sp_jw_cstr(w, strings[i]);
	sp_jw_array_end(w);
}

void
sp_keeper_write_start(struct sp_buf *out, const struct sp_keeper_start *start)
{
	const struct sp_child_start *s = start->start;
	struct sp_json_writer w;

	sp_jw_init(&w, out);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "name", start->name);
	write_strings(&w, "argv", s->argv);
	write_strings(&w, "envp", s->envp);
	sp_jw_kcstr_if(&w, "directory", s->directory);
	sp_jw_key(&w, "limits");
	sp_jw_object(&w);
	sp_jw_kint(&w, "cpu", s->limits.cpu_s);
	sp_jw_kint(&w, "memory", s->limits.memory_bytes);
	sp_jw_kint(&w, "file", s->limits.file_bytes);
	sp_jw_kint(&w, "processes", s->limits.processes);
	sp_jw_kint(&w, "files", s->limits.files);
	sp_jw_object_end(&w);
	sp_jw_kbool(&w, "seccomp", s->seccomp);
	sp_jw_kint(&w, "idle_ms", start->idle_ms);
	sp_jw_kint(&w, "lifetime_ms", start->lifetime_ms);
	sp_jw_kint(&w, "message_max", (int64_t)start->message_max);
	sp_jw_object_end(&w);
	sp_buf_char(out, '\n');
}

static const char *const *
strings_of(struct sp_arena *mem, const struct sp_json_strings *strings)
{
	const char **list = sp_alloc_array(mem, strings->count + 1, sizeof(*list));

	for (size_t i = 0; i < strings->count; i++)
		list[i] = sp_cstr(mem, strings->item[i]);
	return list;
}

bool
sp_keeper_read_start(struct sp_arena *mem, struct sp_str line, struct sp_keeper_start *out, const char **why)
{
	static const struct sp_json_field fields[] = {
		{ "name", SP_JSON_STRING, offsetof(struct fields, name), .required = true, .max = 64 },
		{ "argv", SP_JSON_STRINGS, offsetof(struct fields, argv), .required = true, .max = 1024 },
		{ "envp", SP_JSON_STRINGS, offsetof(struct fields, envp), .max = 1024 },
		{ "directory", SP_JSON_STRING, offsetof(struct fields, directory) },
		{ "limits", SP_JSON_OBJECT, offsetof(struct fields, limits) },
		{ "seccomp", SP_JSON_BOOL, offsetof(struct fields, seccomp) },
		{ "idle_ms", SP_JSON_INT, offsetof(struct fields, idle_ms) },
		{ "lifetime_ms", SP_JSON_INT, offsetof(struct fields, lifetime_ms) },
		{ "message_max", SP_JSON_INT, offsetof(struct fields, message_max) },
		{ NULL }
	};
	static const struct sp_json_field limit_fields[] = {
		{ "cpu", SP_JSON_INT, offsetof(struct limits, cpu) },
		{ "memory", SP_JSON_INT, offsetof(struct limits, memory) },
		{ "file", SP_JSON_INT, offsetof(struct limits, file) },
		{ "processes", SP_JSON_INT, offsetof(struct limits, processes) },
		{ "files", SP_JSON_INT, offsetof(struct limits, files) },
		{ NULL }
	};
	struct sp_child_start *start = sp_alloc(mem, sizeof(*start));
	struct limits limits = { 0 };
	struct json_object *root;
	struct fields f = { 0 };

	if (!sp_json_parse(mem, line, &root, why) || !sp_json_read(mem, root, fields, &f, why) ||
	    (f.limits != NULL && !sp_json_read(mem, f.limits, limit_fields, &limits, why)))
		return false;
	if (f.argv.count == 0) {
		*why = "argv: empty";
		return false;
	}
	*start = (struct sp_child_start){
		.argv = strings_of(mem, &f.argv), .envp = strings_of(mem, &f.envp),
		.directory = sp_cstr(mem, f.directory), .seccomp = f.seccomp,
		.limits = { limits.cpu, limits.memory, limits.file, limits.processes, limits.files },
	};
	*out = (struct sp_keeper_start){
		.name = sp_cstr(mem, f.name), .start = start,
		.idle_ms = f.idle_ms > 0 ? f.idle_ms : SP_KEEPER_IDLE_MS,
		.lifetime_ms = f.lifetime_ms > 0 ? f.lifetime_ms : SP_KEEPER_LIFETIME_MS,
		.message_max = f.message_max > 0 && (size_t)f.message_max < SP_KEEPER_MESSAGE_MAX ?
		    (size_t)f.message_max : SP_KEEPER_MESSAGE_MAX,
	};
	return true;
}

struct sp_str
sp_keeper_trouble(struct sp_arena *mem, struct sp_str line)
{
	struct json_object *root;
	const char *why;

	/* messages of MCP begin otherwise, and need not be read twice */
	if (!sp_str_starts(line, "{\"trouble\":") || !sp_json_parse(mem, line, &root, &why))
		return (struct sp_str){ NULL, 0 };
	return sp_json_get_str(root, "trouble");
}

/* ---- the socket ---- */

/* False: it is not ready before the deadline. */
static bool
await(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;

	while ((left = deadline - sp_monotonic_ms()) > 0)
		if (poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0)
			return true;
	return false;
}

static bool
send_all(int fd, struct sp_str text, int64_t deadline)
{
	while (text.len > 0) {
		ssize_t n = send(fd, text.p, text.len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0 && errno == EAGAIN && !await(fd, POLLOUT, deadline))
			return false;
		if (n > 0)
			text = sp_str_sub(text, (size_t)n, text.len);
	}
	return true;
}

/* A whole line and nothing behind it: the keeper says one, and waits. */
static bool
receive_line(int fd, struct sp_buf *line, int64_t deadline)
{
	char *room;
	ssize_t n;

	for (;;) {
		room = sp_buf_room(line, 256);
		if (room == NULL || !await(fd, POLLIN, deadline))
			return false;
		n = recv(fd, room, 256, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		sp_buf_added(line, (size_t)n);
		if (room[n - 1] == '\n')
			return true;
	}
}

static bool
say_start(struct sp_arena *mem, int fd, const struct sp_keeper_start *start, int64_t deadline, const char **why)
{
	struct sp_buf out, in;
	struct sp_str trouble;

	sp_buf_init(&out, mem, SP_KEEPER_START_MAX);
	sp_keeper_write_start(&out, start);
	sp_buf_init(&in, mem, LINE_MAX_LEN);
	*why = "its command is too long for the keeper";
	if (!sp_buf_ok(&out))
		return false;
	*why = "the keeper does not answer";
	if (!send_all(fd, sp_buf_view(&out), deadline) || !receive_line(fd, &in, deadline))
		return false;
	trouble = sp_keeper_trouble(mem, sp_buf_view(&in));
	if (trouble.p != NULL)
		*why = sp_cstr(mem, trouble);
	return trouble.p == NULL;
}

bool
sp_keeper_connect(struct sp_arena *mem, const struct sp_settings *settings, const struct sp_keeper_start *start,
    int64_t deadline, int *out, const char **why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sp_str path = sp_str(settings->keeper_socket);
	int fd;

	if (path.len == 0 || path.len >= sizeof(address.sun_path)) {
		*why = "the setting keeper_socket names no socket";
		return false;
	}
	memcpy(address.sun_path, path.p, path.len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		*why = sp_printf(mem, "could not connect to the keeper: %s", strerrorname_np(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!say_start(mem, fd, start, deadline, why)) {
		close(fd);
		return false;
	}
	*out = fd;
	return true;
}
