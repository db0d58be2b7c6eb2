/*
 * sallyport-keeper.c - keeps MCP servers on a pipe from call to call
 *
 * What it does for whom is in lib/tools/keeper.h; here are the socket, the loop
 * and the end.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>
#include "keeper.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"

#define PROGRAM		"sallyport-keeper"
#define TICK_MS		250
#define DRAIN_MS	20000			/* from SIGTERM until nothing is waited for any more */
#define READ_SIZE	65536

/* ---- peers ---- */

void
peer_send(struct peer *peer, struct sp_str line)
{
	if (peer->gone || peer->closing)
		return;
	if (queue_len(&peer->out) + line.len > SP_KEEPER_QUEUE_MAX) {
		peer->gone = true;	/* it does not read */
		return;
	}
	queue_add(&peer->out, line);
	queue_add(&peer->out, SP_LIT("\n"));
}

void
peer_trouble(struct peer *peer, struct sp_arena *mem, const char *why)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "trouble", sp_utf8_cut(sp_str(why), 512));
	sp_jw_object_end(&w);
	peer_send(peer, sp_buf_view(&b));
	peer->closing = true;
}

static void
peer_free(struct keeper *k, struct peer *gone)
{
	struct peer **at = &k->peers;

	kept_unbind(k, gone);
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	k->peer_count--;
	close(gone->fd);
	queue_free(&gone->in);
	queue_free(&gone->out);
	sp_arena_free(gone->mem);
	free(gone->key);
	free(gone);
}

/* Mode 0600 keeps others out already; this holds when somebody has changed it. */
static bool
is_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void
accept_peer(struct keeper *k, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer *peer;

	if (fd < 0)
		return;
	if (k->peer_count >= SP_KEEPER_PEERS_MAX || !is_ours(fd)) {
		close(fd);
		return;
	}
	if ((peer = calloc(1, sizeof(*peer))) == NULL)
		sp_out_of_memory();
	*peer = (struct peer){ .fd = fd, .mem = sp_arena_new(), .since_ms = sp_monotonic_ms(), .next = k->peers };
	k->peers = peer;
	k->peer_count++;
}

/* The first line: what is to be started, if it is not there already. */
static void
greet(struct keeper *k, struct peer *peer, struct sp_str line)
{
	uint8_t digest[SP_SHA256_LEN];
	const char *why;
	struct sp_buf b;

	if (!sp_keeper_read_start(peer->mem, line, &peer->start, &why) ||
	    !sp_child_permits(k->scratch, k->settings, peer->start.start->argv[0], &why)) {
		peer_trouble(peer, k->scratch, why);
		return;
	}
	sp_buf_init(&b, k->scratch, SP_KEEPER_START_MAX);
	sp_keeper_write_start(&b, &peer->start);
	sp_sha256(sp_buf_view(&b), digest);
	peer->key = keep_text(sp_hex_encode(k->scratch, digest, sizeof(digest)));
	why = k->draining ? "the keeper ends" : kept_pause(k, k->scratch, peer->key, peer->start.name);
	if (why != NULL)
		peer_trouble(peer, k->scratch, why);
	else
		peer_send(peer, SP_LIT("{\"ready\":true}"));
}

static void
read_peer(struct keeper *k, struct peer *peer)
{
	size_t max = peer->key != NULL ? peer->start.message_max : SP_KEEPER_START_MAX;
	ssize_t n = recv(peer->fd, queue_room(&peer->in, READ_SIZE), READ_SIZE, 0);
	struct sp_str line;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		peer->gone = true;
	if (n > 0)
		queue_added(&peer->in, (size_t)n);
	while (!peer->gone && !peer->closing && queue_line(&peer->in, &line)) {
		if (peer->key == NULL)
			greet(k, peer, line);
		else
			relay_from_peer(k, peer, line);
		queue_drop(&peer->in, line.len + 1);
		sp_arena_reset(k->scratch);
	}
	if (queue_len(&peer->in) > max)
		peer->gone = true;
}

static void
write_peer(struct peer *peer)
{
	ssize_t n = send(peer->fd, peer->out.p + peer->out.from, queue_len(&peer->out), MSG_NOSIGNAL);

	if (n > 0)
		queue_drop(&peer->out, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		peer->gone = true;
}

/* ---- the loop ---- */

struct polled {
	struct pollfd *fd;
	size_t count, size;
};

static void
poll_add(struct polled *p, int fd, short events)
{
	if (p->count == p->size) {
		p->size = p->size == 0 ? 64 : p->size * 2;
		p->fd = reallocarray(p->fd, p->size, sizeof(*p->fd));
		if (p->fd == NULL)
			sp_out_of_memory();
	}
	p->fd[p->count++] = (struct pollfd){ .fd = fd, .events = events };
}

static short
peer_events(const struct peer *peer)
{
	/* who is bound to a child that does not keep up is not read from */
	bool may_read = !peer->closing && (peer->kept == NULL || queue_len(&peer->kept->in) < SP_KEEPER_HOLD);

	return (short)((may_read ? POLLIN : 0) | (queue_len(&peer->out) > 0 ? POLLOUT : 0));
}

#define FDS_OF_KEPT 4

/* In the order in which attend_all() looks. */
static void
poll_all(struct keeper *k, struct polled *p, int listener, int signals)
{
	p->count = 0;
	poll_add(p, signals, POLLIN);
	poll_add(p, listener, POLLIN);	/* -1 while draining */
	for (struct peer *peer = k->peers; peer != NULL; peer = peer->next)
		poll_add(p, peer->fd, peer_events(peer));
	for (struct kept *c = k->kept; c != NULL; c = c->next) {
		poll_add(p, queue_len(&c->in) > 0 ? c->child.in : -1, POLLOUT);
		poll_add(p, c->child.out, POLLIN);
		poll_add(p, c->child.err, POLLIN);
		poll_add(p, c->child.control, POLLIN);
	}
	(void)poll(p->fd, p->count, TICK_MS);
}

static bool
has_event(const struct polled *p, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		if (p->fd[i].fd >= 0 && p->fd[i].revents != 0)
			return true;
	return false;
}

/*
 * Children before peers: those that are there were polled, and what peers do may
 * start others.
 */
static void
attend_all(struct keeper *k, const struct polled *p, size_t peers, size_t listener)
{
	size_t at = listener + 1 + peers;
	struct kept *next;
	struct peer *peer;

	for (struct kept *c = k->kept; c != NULL; c = next, at += FDS_OF_KEPT) {
		next = c->next;
		if (has_event(p, at, FDS_OF_KEPT))
			kept_attend(k, c);
		sp_arena_reset(k->scratch);
	}
	at = listener + 1;
	for (peer = k->peers; peer != NULL; peer = peer->next, at++) {
		if ((p->fd[at].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			read_peer(k, peer);
		if (queue_len(&peer->out) > 0 && !peer->gone)
			write_peer(peer);
	}
	if (p->fd[listener].fd >= 0 && p->fd[listener].revents != 0)
		accept_peer(k, p->fd[listener].fd);
}

static void
age_all(struct keeper *k)
{
	int64_t now = sp_monotonic_ms();
	struct peer *peer, *next_peer;
	struct kept *c, *next;

	for (peer = k->peers; peer != NULL; peer = next_peer) {
		next_peer = peer->next;
		if (peer->gone || (peer->closing && queue_len(&peer->out) == 0) ||
		    (peer->key == NULL && now - peer->since_ms > SP_KEEPER_HELLO_MS))
			peer_free(k, peer);
	}
	for (c = k->kept; c != NULL; c = next) {
		next = c->next;
		kept_age(k, c, now);
	}
	sp_arena_reset(k->scratch);
}

/* ---- settings ---- */

static int
complain(struct sp_buf *errors)
{
	struct sp_str rest = sp_buf_view(errors), line;

	while (sp_str_split(&rest, '\n', &line))
		if (line.len > 0)
			fprintf(stderr, PROGRAM ": %.*s\n", SP_FMT(line));
	return 1;
}

static bool
load_settings(struct sp_settings **out, struct sp_buf *errors)
{
	struct sp_settings *s;
	enum sp_log_level level;

	if (!sp_settings_load(&s, errors))
		return false;
	if (s->keeper_socket[0] == '\0') {
		sp_buf_cstr(errors, "keeper_socket: is empty, and so nobody could connect\n");
		sp_settings_free(s);
		return false;
	}
	if (sp_log_level_named(s->log_level, &level))
		sp_log_threshold(level);
	*out = s;
	return true;
}

static void
reload(struct keeper *k)
{
	struct sp_settings *s;
	struct sp_str rest, line;
	struct sp_buf errors;

	sp_buf_init(&errors, k->scratch, 64 * 1024);
	if (load_settings(&s, &errors)) {
		sp_settings_free(k->settings);
		k->settings = s;
		sp_log(SP_INFO, "reloaded");
	} else {
		rest = sp_buf_view(&errors);
		while (sp_str_split(&rest, '\n', &line))
			sp_log(SP_ERROR, "not reloaded", SP_LS("problem", line));
	}
	sp_arena_reset(k->scratch);
}

/* ---- start and end ---- */

static bool
listen_at(const char *path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sp_str text = sp_str(path);
	mode_t before;
	bool ok;
	int fd;

	if (text.len >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, text.p, text.len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		close(fd);
		errno = EADDRINUSE;	/* by a keeper that lives */
		return false;
	}
	unlink(path);
	before = umask(0177);
	ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 128) == 0;
	umask(before);
	if (!ok && fd >= 0)
		close(fd);
	*out = fd;
	return ok;
}

static bool
is_busy(const struct keeper *k)
{
	for (const struct peer *p = k->peers; p != NULL; p = p->next)
		if (p->pending > 0 && !p->gone && !p->closing)
			return true;
	return false;
}

static void
drain(struct keeper *k, int *listener)
{
	k->draining = true;
	unlink(k->settings->keeper_socket);
	close(*listener);
	*listener = -1;
}

/* Until all that was under way is answered, or the time for it is over. */
static void
keep(struct keeper *k, int listener, int signals)
{
	struct signalfd_siginfo info;
	struct polled polled = { 0 };
	int64_t end = INT64_MAX;

	while (!k->draining || (is_busy(k) && sp_monotonic_ms() < end)) {
		poll_all(k, &polled, listener, signals);
		attend_all(k, &polled, k->peer_count, 1);
		age_all(k);
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGHUP) {
			reload(k);
		} else if (k->draining) {
			break;		/* the second one waits for nobody */
		} else {
			drain(k, &listener);
			end = sp_monotonic_ms() + DRAIN_MS;
			sp_log(SP_INFO, "draining", SP_LI("connections", (int64_t)k->peer_count));
		}
	}
	free(polled.fd);
}

/* All at once get the time to end by themselves. */
static void
end_all(struct keeper *k)
{
	int64_t end = sp_monotonic_ms() + SP_KEEPER_CLOSE_MS;
	struct polled polled = { 0 };

	for (struct kept *c = k->kept; c != NULL; c = c->next)
		kept_close(k, c, "the keeper ends");
	for (struct peer *p = k->peers; p != NULL; p = p->next)
		peer_trouble(p, k->scratch, "the keeper ends");
	while ((k->kept != NULL || k->peers != NULL) && sp_monotonic_ms() < end) {
		poll_all(k, &polled, -1, -1);
		attend_all(k, &polled, k->peer_count, 1);
		age_all(k);
	}
	while (k->kept != NULL)
		kept_end(k, k->kept);
	while (k->peers != NULL)
		peer_free(k, k->peers);
	while (k->pauses != NULL) {
		struct pause *p = k->pauses;

		k->pauses = p->next;
		free(p->key);
		free(p);
	}
	free(polled.fd);
}

static int
run(struct sp_buf *errors)
{
	struct keeper k = { .scratch = sp_arena_new() };
	int listener, signals;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (!load_settings(&k.settings, errors))
		return complain(errors);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || !listen_at(k.settings->keeper_socket, &listener)) {
		fprintf(stderr, PROGRAM ": could not listen at %s: %s\n", k.settings->keeper_socket, strerrorname_np(errno));
		return 1;
	}
	sp_log(SP_INFO, "started", SP_L("socket", k.settings->keeper_socket));
	keep(&k, listener, signals);
	end_all(&k);
	sp_log(SP_INFO, "ended");
	close(signals);
	sp_settings_free(k.settings);
	sp_arena_free(k.scratch);
	return 0;
}

static void
usage(FILE *out)
{
	fprintf(out, "usage: " PROGRAM " [--check | --version | --help]\n\n"
	    "Keeps MCP servers on a pipe from call to call, until SIGTERM.\n\n"
	    "  --check     reads the settings, and ends\n"
	    "  --version   says which version it is\n"
	    "  --help      says this\n\n"
	    "Settings: sallyport.conf(5); of them keeper_socket, keeper_children and executable_dirs.\n");
}

int
main(int argc, char **argv)
{
	enum { CHECK = 1, PRINT_VERSION, HELP };
	static const struct option options[] = {
		{ "check", no_argument, NULL, CHECK },
		{ "version", no_argument, NULL, PRINT_VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL }
	};
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings *settings;
	struct sp_buf errors;
	int option, status;

	sp_log_program(PROGRAM);
	sp_buf_init(&errors, mem, 64 * 1024);
	option = getopt_long(argc, argv, "", options, NULL);
	switch (option) {
	case -1:
		if (optind == argc) {
			status = run(&errors);
			break;
		}
		/* fallthrough */
	default:
		usage(stderr);
		status = EX_USAGE;
		break;
	case CHECK:
		status = 0;
		if (load_settings(&settings, &errors))
			sp_settings_free(settings);
		else
			status = complain(&errors);
		break;
	case PRINT_VERSION:
		printf(PROGRAM " %s\n", PACKAGE_VERSION);
		status = 0;
		break;
	case HELP:
		usage(stdout);
		status = 0;
		break;
	}
	sp_arena_free(mem);
	return status;
}
