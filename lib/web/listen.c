/* listen.c - a listening socket of our own, for a worker without a spawner */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "web/fastcgi.h"

#define BACKLOG 4096	/* the kernel cuts it to net.core.somaxconn */

static int
fail(struct sp_arena *mem, int fd, const char *what, const char **why)
{
	*why = sp_printf(mem, "%s: %s", what, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * Bound beside its path and renamed over it: connections go to the old socket or
 * to this one, and its mode is right before anybody can connect.
 */
static int
listen_path(struct sp_arena *mem, const char *path, unsigned mode, const char **why)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const char *beside = sp_printf(mem, "%s.%ld", path, (long)getpid());
	int fd;

	if (strlen(beside) >= sizeof(name.sun_path)) {
		errno = ENAMETOOLONG;
		return fail(mem, -1, path, why);
	}
	memcpy(name.sun_path, beside, strlen(beside) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(mem, fd, "could not make a socket", why);
	unlink(beside);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		return fail(mem, fd, sp_printf(mem, "could not bind %s", path), why);
	if (chmod(beside, (mode_t)mode) != 0 || listen(fd, BACKLOG) != 0 ||
	    rename(beside, path) != 0) {
		fail(mem, fd, sp_printf(mem, "could not listen at %s", path), why);
		unlink(beside);
		return -1;
	}
	return fd;
}

static int
listen_address(struct sp_arena *mem, const char *where, const char **why)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *found;
	const char *colon = strrchr(where, ':');
	struct sp_str host = { where, (size_t)(colon - where) };
	int fd, on = 1, error;

	host = sp_str_trim(host, "[]");
	error = getaddrinfo(sp_cstr(mem, host), colon + 1, &hints, &found);
	if (error != 0) {
		*why = sp_printf(mem, "%s: %s", where, gai_strerror(error));
		return -1;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
		fd = fail(mem, fd, sp_printf(mem, "could not listen at %s", where), why);
	freeaddrinfo(found);
	return fd;
}

int
sp_fastcgi_listen(struct sp_arena *mem, const char *where, unsigned mode, const char **why)
{
	if (strchr(where, '/') != NULL)
		return listen_path(mem, where, mode, why);
	if (strrchr(where, ':') != NULL && where[0] != ':')
		return listen_address(mem, where, why);
	*why = "neither a path with a slash nor HOST:PORT";
	return -1;
}
