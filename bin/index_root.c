/* index_root.c - opening a directory below a root, one component after the other */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "index_root.h"

/* `path` without the root in front of it; absent when it is not below the root. */
static struct sp_str
below(struct sp_str root, struct sp_str path)
{
	while (root.len > 1 && root.p[root.len - 1] == '/')
		root.len--;
	if (path.len < root.len || memcmp(path.p, root.p, root.len) != 0 ||
	    (path.len > root.len && path.p[root.len] != '/' && root.len > 1))
		return (struct sp_str){ NULL, 0 };
	return sp_str_sub(path, root.len, path.len);
}

/* Walks down from fd, which it takes. */
static int
descend(struct sp_arena *mem, int fd, struct sp_str rest, const char **why)
{
	struct sp_str part;

	while (fd >= 0 && sp_str_split(&rest, '/', &part)) {
		int next;

		if (part.len == 0 || sp_str_is(part, "."))
			continue;
		if (sp_str_is(part, "..")) {
			errno = EACCES;
			next = -1;
		} else {
			next = openat(fd, sp_cstr(mem, part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (next < 0)
			*why = sp_printf(mem, "%.*s: %s", SP_FMT(part), strerror(errno));
		close(fd);
		fd = next;
	}
	return fd;
}

int
index_root_open(struct sp_arena *mem, const char *roots, struct sp_str path, const char **why)
{
	struct sp_str rest = sp_str(roots), root;

	if (sp_str_index(path, '\0') >= 0) {
		*why = "a NUL in the path";
		return -1;
	}
	while (sp_str_split(&rest, ' ', &root)) {
		struct sp_str inside;
		int fd;

		if (root.len == 0)
			continue;
		inside = sp_str_starts(path, "/") ? below(root, path) : path;
		if (inside.p == NULL)
			continue;
		fd = open(sp_cstr(mem, root), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			*why = sp_printf(mem, "%.*s: %s", SP_FMT(root), strerror(errno));
			return -1;
		}
		return descend(mem, fd, inside, why);
	}
	*why = sp_printf(mem, "%.*s is not below a directory of the setting index_roots", SP_FMT(path));
	return -1;
}
