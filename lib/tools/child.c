/* child.c - programs that are run for a call: our side of sallyport-exec */
#include "tools/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"

#define ENDING_MS	10000		/* for the supervisor to kill what there is; it needs milliseconds */
#define CONTROL_FD	3		/* in the supervisor */
#define READ_SIZE	16384

/* ---- what may be run ---- */

/* Below `directory`, in so many words: links in it are the operator's. */
static bool
is_below(struct sp_str path, struct sp_str directory)
{
	while (directory.len > 1 && directory.p[directory.len - 1] == '/')
		directory.len--;
	if (directory.len == 1)
		directory.len = 0;		/* "/" */
	return path.len > directory.len + 1 && memcmp(path.p, directory.p, directory.len) == 0 &&
	    path.p[directory.len] == '/';
}

/* Absolute, and no way around through "..", "." or "//". */
static bool
is_straight(struct sp_str path)
{
	struct sp_str segment;

	if (!sp_str_starts(path, "/") || path.len < 2 || sp_str_ends(path, "/"))
		return false;
	path = sp_str_sub(path, 1, path.len);
	while (sp_str_split(&path, '/', &segment))
		if (segment.len == 0 || sp_str_is(segment, ".") || sp_str_is(segment, ".."))
			return false;
	return true;
}

bool
sp_child_permits(struct sp_arena *mem, const struct sp_settings *settings, const char *path, const char **why)
{
	struct sp_str rest = sp_str(settings->executable_dirs), directory;

	if (strchr(path, '/') == NULL) {	/* a name that was looked for, and not found */
		*why = sp_printf(mem, "%s is in no directory of the setting executable_dirs", path);
		return false;
	}
	if (!is_straight(sp_str(path))) {
		*why = sp_printf(mem, "%s is not an absolute path without \".\", \"..\" and \"//\"", path);
		return false;
	}
	while (sp_str_split(&rest, ' ', &directory))
		if (directory.len > 0 && is_below(sp_str(path), directory))
			return true;
	*why = sp_printf(mem, "%s is in no directory of the setting executable_dirs", path);
	return false;
}

const char *
sp_child_find(struct sp_arena *mem, const struct sp_settings *settings, const char *word)
{
	struct sp_str rest = sp_str(settings->executable_dirs), directory;

	if (strchr(word, '/') != NULL)
		return word;
	while (sp_str_split(&rest, ' ', &directory)) {
		const char *path = sp_printf(mem, "%.*s/%s", SP_FMT(directory), word);

		if (directory.len > 0 && access(path, X_OK) == 0)
			return path;
	}
	return word;
}

bool
sp_child_is_runnable(struct sp_arena *mem, const struct sp_settings *settings, const char *path, const char **why)
{
	struct stat st;

	if (!sp_child_permits(mem, settings, path, why))
		return false;
	if (stat(path, &st) != 0)
		*why = errno == ENOENT ? sp_printf(mem, "there is no program %s", path) :
		    sp_printf(mem, "could not look at %s: %s", path, strerrorname_np(errno));
	else if (!S_ISREG(st.st_mode))
		*why = sp_printf(mem, "%s is not a file", path);
	else if ((st.st_mode & 0111) == 0)
		*why = sp_printf(mem, "%s is not executable", path);
	else
		return true;
	return false;
}

/* ---- the supervisor's command line ---- */

struct list {
	struct sp_arena *mem;
	const char **item;
	size_t count, size;
};

static void
add(struct list *l, const char *text)
{
	if (l->count == l->size) {
		size_t size = l->size == 0 ? 32 : l->size * 2;

		l->item = sp_arena_grow(l->mem, l->item != NULL ? l->item : sp_alloc(l->mem, 0),
		    l->size * sizeof(*l->item), size * sizeof(*l->item));
		l->size = size;
	}
	l->item[l->count++] = text;
}

static void
add_limit(struct list *l, const char *name, int64_t value)
{
	if (value > 0)
		add(l, sp_printf(l->mem, "%s=%lld", name, (long long)value));
}

static char *const *
arguments(struct sp_arena *mem, const struct sp_child_start *start)
{
	struct list l = { .mem = mem };

	add(&l, "sallyport-exec");
	add_limit(&l, "cpu", start->limits.cpu_s);
	add_limit(&l, "memory", start->limits.memory_bytes);
	add_limit(&l, "file", start->limits.file_bytes);
	add_limit(&l, "processes", start->limits.processes);
	add_limit(&l, "files", start->limits.files);
	if (start->directory != NULL)
		add(&l, sp_printf(mem, "directory=%s", start->directory));
	if (start->seccomp)
		add(&l, "seccomp=basic");
	if (start->plain)
		add(&l, "namespaces=none");
	add(&l, "--");
	for (size_t i = 0; start->argv[i] != NULL; i++)
		add(&l, start->argv[i]);
	add(&l, NULL);
	return (char *const *)(uintptr_t)l.item;
}

/* What is LD_PRELOAD for the program must not be so for its supervisor, which takes the "_" away. */
static char *const *
environment(struct sp_arena *mem, const struct sp_child_start *start)
{
	struct list l = { .mem = mem };

	for (size_t i = 0; start->envp != NULL && start->envp[i] != NULL; i++)
		add(&l, sp_printf(mem, "_%s", start->envp[i]));
	add(&l, NULL);
	return (char *const *)(uintptr_t)l.item;
}

/* ---- start ---- */

struct pipes {
	int in[2], out[2], err[2], control[2];
};

static void
close_pipes(struct pipes *p)
{
	int *fd = (int *)p;

	for (size_t i = 0; i < sizeof(*p) / sizeof(*fd); i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/*
 * A process whose own standard descriptors are closed gets their numbers from
 * pipe(2), and dup2() onto them in the child would close one end with another.
 */
static bool
move_up(int *fd)
{
	int moved;

	if (*fd > CONTROL_FD)
		return true;
	if ((moved = fcntl(*fd, F_DUPFD_CLOEXEC, CONTROL_FD + 1)) < 0)
		return false;
	close(*fd);
	*fd = moved;
	return true;
}

static bool
make_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool
open_pipes(struct pipes *p)
{
	int *fd = (int *)p;

	memset(p, -1, sizeof(*p));
	if (pipe2(p->in, O_CLOEXEC) != 0 || pipe2(p->out, O_CLOEXEC) != 0 || pipe2(p->err, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->control) != 0)
		return false;
	for (size_t i = 0; i < sizeof(*p) / sizeof(*fd); i++)
		if (!move_up(&fd[i]))
			return false;
	return make_nonblocking(p->in[1]) && make_nonblocking(p->out[0]) && make_nonblocking(p->err[0]) &&
	    make_nonblocking(p->control[0]);
}

static int
spawn(const char *supervisor, const struct pipes *p, char *const *argv, char *const *envp, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int error;

	sigemptyset(&none);
	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attr)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	if ((error = posix_spawn_file_actions_adddup2(&actions, p->in[0], 0)) == 0 &&
	    (error = posix_spawn_file_actions_adddup2(&actions, p->out[1], 1)) == 0 &&
	    (error = posix_spawn_file_actions_adddup2(&actions, p->err[1], 2)) == 0 &&
	    (error = posix_spawn_file_actions_adddup2(&actions, p->control[1], CONTROL_FD)) == 0 &&
	    (error = posix_spawnattr_setsigmask(&attr, &none)) == 0 &&
	    (error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK)) == 0)
		error = posix_spawn(pid, supervisor, &actions, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

bool
sp_child_start(struct sp_arena *mem, const struct sp_settings *settings, const struct sp_child_start *start,
    struct sp_child *child, const char **why)
{
	struct pipes p;
	pid_t pid;
	int error;

	if (!sp_child_permits(mem, settings, start->argv[0], why))
		return false;
	if (!open_pipes(&p)) {
		*why = sp_printf(mem, "could not make pipes: %s", strerrorname_np(errno));
		close_pipes(&p);
		return false;
	}
	if ((error = spawn(settings->supervisor, &p, arguments(mem, start), environment(mem, start), &pid)) != 0) {
		*why = sp_printf(mem, "could not start %s: %s", settings->supervisor, strerrorname_np(error));
		close_pipes(&p);
		return false;
	}
	*child = (struct sp_child){ .in = p.in[1], .out = p.out[0], .err = p.err[0], .control = p.control[0], .pid = pid };
	p.in[1] = p.out[0] = p.err[0] = p.control[0] = -1;	/* now the child's */
	close_pipes(&p);
	return true;
}

/* ---- the end ---- */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* "exit 3", "signal 9", "failed STEP ERRNO", or nothing. */
static void
take_report(struct sp_child *c)
{
	struct sp_str rest = sp_str_trim((struct sp_str){ c->report, c->report_len }, "\n"), word, number;
	int64_t n;

	if (c->how != SP_CHILD_RUNS)
		return;
	c->how = SP_CHILD_ENDED;
	if (!sp_str_split(&rest, ' ', &word))
		return;
	if (sp_str_is(word, "failed") && sp_str_split(&rest, ' ', &number)) {
		memcpy(c->step, number.p, number.len < sizeof(c->step) ? number.len : sizeof(c->step) - 1);
		c->how = SP_CHILD_NOT_STARTED;
	} else if (sp_str_is(word, "exit")) {
		c->how = SP_CHILD_EXITED;
	} else if (sp_str_is(word, "signal")) {
		c->how = SP_CHILD_SIGNALLED;
	}
	if (sp_str_int64(rest, 0, 65535, &n))
		c->status = (int)n;
}

/* Reaps the supervisor, which has closed its end.  If somebody else was faster (SIGCHLD is ignored), that is well, too. */
static void
reap(struct sp_child *c)
{
	while (c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
}

/* True when the supervisor has said all that it will. */
static bool
read_report(struct sp_child *c)
{
	ssize_t n = 1;

	while (c->control >= 0 && c->report_len < sizeof(c->report) && (n = read(c->control, c->report + c->report_len,
	    sizeof(c->report) - c->report_len)) > 0)
		c->report_len += (size_t)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close_fd(&c->control);
	reap(c);
	take_report(c);
	return true;
}

/* The supervisor has ENDING_MS to do its work, then it is taken away itself. */
static void
await_report(struct sp_child *c)
{
	int64_t deadline = sp_monotonic_ms() + ENDING_MS, left;
	struct pollfd p = { .fd = c->control, .events = POLLIN };

	while (!read_report(c)) {
		if ((left = deadline - sp_monotonic_ms()) <= 0) {
			kill(c->pid, SIGKILL);
			close_fd(&c->control);
			reap(c);
			take_report(c);
			return;
		}
		(void)poll(&p, 1, (int)left);
	}
}

void
sp_child_end(struct sp_child *c)
{
	close_fd(&c->in);
	if (c->control >= 0) {
		shutdown(c->control, SHUT_WR);	/* which is how the supervisor is told */
		await_report(c);
	}
	close_fd(&c->out);
	close_fd(&c->err);
}

/* ---- in between ---- */

int
sp_child_wait(struct sp_child *c, bool write, int64_t deadline)
{
	struct pollfd p[4] = {
		{ .fd = write ? c->in : -1, .events = POLLOUT }, { .fd = c->out, .events = POLLIN },
		{ .fd = c->err, .events = POLLIN }, { .fd = c->control, .events = POLLIN } };
	int64_t left = deadline - sp_monotonic_ms();
	int found = 0;

	if (c->control < 0)
		left = 0;		/* only what is still in the pipes */
	if (poll(p, 4, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left) < 0)
		return 0;
	if (p[0].revents != 0)
		found |= SP_CHILD_CAN_WRITE;
	if (p[1].revents != 0)
		found |= SP_CHILD_HAS_OUT;
	if (p[2].revents != 0)
		found |= SP_CHILD_HAS_ERR;
	if (c->control < 0 || (p[3].revents != 0 && read_report(c)))
		found |= SP_CHILD_OVER;
	return found;
}

bool
sp_child_write(struct sp_child *c, struct sp_str *rest)
{
	while (rest->len > 0 && c->in >= 0) {
		ssize_t n = write(c->in, rest->p, rest->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			close_fd(&c->in);
		else
			*rest = sp_str_sub(*rest, (size_t)n, rest->len);
	}
	return c->in >= 0;
}

void
sp_child_close_in(struct sp_child *c)
{
	close_fd(&c->in);
}

ssize_t
sp_child_read(int *fd, char *out, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return -1;
	while ((n = read(*fd, out, size)) < 0 && errno == EINTR)
		;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		close_fd(fd);
	return n > 0 ? n : -1;
}

/* ---- a whole run ---- */

struct run {
	struct sp_child *child;
	const struct sp_child_io *io;
	struct sp_str in;		/* still to be written */
	struct sp_buf out;
	char *err;			/* err_max bytes */
	size_t err_len, err_seen;	/* of these, looked at by line() */
};

/* The oldest half goes when there is no room: what a program says last is why it failed. */
static void
forget_half(struct run *r)
{
	size_t gone = (r->err_len + 1) / 2;

	memmove(r->err, r->err + gone, r->err_len - gone);
	r->err_len -= gone;
	r->err_seen = r->err_seen > gone ? r->err_seen - gone : 0;
}

/* Offers whole lines to line(), and takes out those that it keeps. */
static void
offer_lines(struct run *r)
{
	char *end;

	if (r->io->line == NULL)
		return;
	while ((end = memchr(r->err + r->err_seen, '\n', r->err_len - r->err_seen)) != NULL) {
		struct sp_str line = { r->err + r->err_seen, (size_t)(end - r->err) - r->err_seen };

		if (r->io->line(r->io->arg, line)) {
			memmove(r->err + r->err_seen, end + 1, r->err_len - r->err_seen - line.len - 1);
			r->err_len -= line.len + 1;
		} else {
			r->err_seen += line.len + 1;
		}
	}
}

static void
read_err(struct run *r)
{
	ssize_t n;

	if (r->err_len == r->io->err_max)
		forget_half(r);
	n = sp_child_read(&r->child->err, r->err + r->err_len, r->io->err_max - r->err_len);
	if (n > 0) {
		r->err_len += (size_t)n;
		offer_lines(r);
	}
}

/* False: that was more than out_max. */
static bool
read_out(struct run *r)
{
	size_t room = r->io->out_max - r->out.len;
	char away;

	if (room == 0)
		return sp_child_read(&r->child->out, &away, 1) <= 0;
	if (room > READ_SIZE)
		room = READ_SIZE;
	ssize_t n = sp_child_read(&r->child->out, sp_buf_room(&r->out, room), room);
	if (n > 0)
		sp_buf_added(&r->out, (size_t)n);
	return true;
}

static void
feed(struct run *r)
{
	if (r->child->in >= 0 && (!sp_child_write(r->child, &r->in) || r->in.len == 0))
		sp_child_close_in(r->child);
}

static enum sp_child_result_how
keep_company(struct run *r)
{
	struct sp_child *c = r->child;
	const struct sp_child_io *io = r->io;
	int64_t now, until;
	int found = 0;

	feed(r);
	while (!((found & SP_CHILD_OVER) != 0 && c->out < 0 && c->err < 0)) {
		now = sp_monotonic_ms();
		if (now >= io->deadline)
			return SP_RAN_TOO_LONG;
		if (io->gone != NULL && io->gone(io->arg))
			return SP_RAN_IN_VAIN;
		until = io->gone != NULL && io->deadline - now > SP_CHILD_LOOK_MS ? now + SP_CHILD_LOOK_MS : io->deadline;
		found = sp_child_wait(c, r->in.len > 0, until);
		if ((found & SP_CHILD_CAN_WRITE) != 0)
			feed(r);
		if ((found & SP_CHILD_HAS_ERR) != 0)
			read_err(r);
		if ((found & SP_CHILD_HAS_OUT) != 0 && !read_out(r))
			return SP_RAN_TOO_MUCH;
	}
	return SP_RAN;
}

void
sp_child_run(struct sp_arena *mem, struct sp_child *child, const struct sp_child_io *io, struct sp_child_result *result)
{
	struct run r = { .child = child, .io = io, .in = io->in, .err = sp_alloc(mem, io->err_max + 1) };

	sp_buf_init(&r.out, mem, io->out_max);
	result->how = keep_company(&r);
	sp_child_end(child);
	result->out = sp_buf_view(&r.out);
	result->err = (struct sp_str){ r.err, r.err_len };
}
