/* reference.c - values that stand outside the catalog */
#include "tools/reference.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define RESOLVED_MAX	((size_t)1 << 20)
#define NAME_LEN_MAX	255

/* ---- the text ---- */

enum kind { END, PLAIN, ENVIRONMENT, A_FILE, MALFORMED };

/* The next piece of a text: plain characters, or a reference with its name in *piece. */
static enum kind
next_piece(struct sp_str *rest, struct sp_str *piece)
{
	static const char escaped[] = "$${";
	enum kind kind;
	size_t n = 0;

	if (rest->len == 0)
		return END;
	if (sp_str_starts(*rest, escaped)) {
		*piece = sp_str_sub(*rest, 1, 3);
		*rest = sp_str_sub(*rest, 3, rest->len);
		return PLAIN;
	}
	if (!sp_str_starts(*rest, "${")) {
		do
			n++;
		while (n < rest->len && rest->p[n] != '$');
		*piece = sp_str_sub(*rest, 0, n);
		*rest = sp_str_sub(*rest, n, rest->len);
		return PLAIN;
	}
	*piece = *rest;
	while (n < rest->len && rest->p[n] != '}')
		n++;
	if (n == rest->len)
		return MALFORMED;
	kind = sp_str_starts(*rest, "${env:") ? ENVIRONMENT : sp_str_starts(*rest, "${file:") ? A_FILE : MALFORMED;
	if (kind != MALFORMED)
		*piece = sp_str_sub(*rest, kind == ENVIRONMENT ? 6 : 7, n);
	*rest = sp_str_sub(*rest, n + 1, rest->len);
	return kind;
}

static bool
is_variable(struct sp_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!sp_is_alnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return name.len > 0 && name.len <= NAME_LEN_MAX && !sp_is_digit((unsigned char)name.p[0]);
}

static bool
is_file_name(struct sp_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!sp_is_alnum((unsigned char)name.p[i]) && strchr("_-.", name.p[i]) == NULL)
			return false;
	return name.len > 0 && name.len <= NAME_LEN_MAX && name.p[0] != '.';
}

bool
sp_reference_is_in(struct sp_str text)
{
	struct sp_str piece;
	enum kind kind;

	while ((kind = next_piece(&text, &piece)) != END)
		if (kind != PLAIN)
			return true;
	return false;
}

bool
sp_reference_check(struct sp_str text, const char **why)
{
	struct sp_str piece;
	enum kind kind;

	while ((kind = next_piece(&text, &piece)) != END) {
		if (kind == MALFORMED)
			*why = "\"${\" begins a reference, which is ${env:NAME} or ${file:NAME}; \"$${\" stands for itself";
		else if (kind == ENVIRONMENT && !is_variable(piece))
			*why = "${env:NAME} needs the name of an environment variable";
		else if (kind == A_FILE && !is_file_name(piece))
			*why = "${file:NAME} needs the name of a file: letters, digits, \"_\", \"-\" and \".\", no path";
		else
			continue;
		return false;
	}
	return true;
}

/* ---- the values ---- */

static bool
add_variable(struct sp_buf *b, struct sp_arena *mem, const struct sp_settings *settings, struct sp_str name,
    const char **why)
{
	const char *value;

	if (settings->credential_env[0] == '\0' || !sp_str_starts(name, settings->credential_env)) {
		*why = sp_printf(mem, "${env:%.*s}: only variables that begin with \"%s\" may be used (setting credential_env)",
		    SP_FMT(name), settings->credential_env);
		return false;
	}
	value = getenv(sp_cstr(mem, name));
	if (value == NULL || strlen(value) > SP_REFERENCE_MAX) {
		*why = sp_printf(mem, "${env:%.*s}: there is no such variable, or it is too long", SP_FMT(name));
		return false;
	}
	sp_buf_cstr(b, value);
	return true;
}

/* Directories are an operator's, and may hold symbolic links, as mounted secrets do. */
static bool
add_file_of(struct sp_buf *b, struct sp_arena *mem, struct sp_str directory, struct sp_str name)
{
	int fd = open(sp_printf(mem, "%.*s/%.*s", SP_FMT(directory), SP_FMT(name)), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *value = sp_alloc(mem, SP_REFERENCE_MAX + 1);
	size_t len = 0;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while ((n = read(fd, value + len, SP_REFERENCE_MAX + 1 - len)) > 0)
			len += (size_t)n;
	close(fd);
	if (n != 0 || len > SP_REFERENCE_MAX || memchr(value, '\0', len) != NULL)
		return false;
	if (len > 0 && value[len - 1] == '\n')
		len--;
	if (len > 0 && value[len - 1] == '\r')
		len--;
	sp_buf_add(b, value, len);
	return true;
}

static bool
add_file(struct sp_buf *b, struct sp_arena *mem, const struct sp_settings *settings, struct sp_str name, const char **why)
{
	struct sp_str rest = sp_str(settings->credential_dirs), directory;
	const char *of_systemd = getenv("CREDENTIALS_DIRECTORY");

	while (sp_str_split(&rest, ' ', &directory))
		if (directory.len > 0 && add_file_of(b, mem, directory, name))
			return true;
	if (of_systemd != NULL && add_file_of(b, mem, sp_str(of_systemd), name))
		return true;
	*why = sp_printf(mem, "${file:%.*s}: no directory of the setting credential_dirs has such a file of at most %d bytes",
	    SP_FMT(name), SP_REFERENCE_MAX);
	return false;
}

bool
sp_reference_resolve(struct sp_arena *mem, const struct sp_settings *settings, struct sp_str text, struct sp_str *out,
    const char **why)
{
	struct sp_str piece;
	struct sp_buf b;
	enum kind kind;

	if (!sp_reference_check(text, why))
		return false;
	sp_buf_init(&b, mem, RESOLVED_MAX);
	while ((kind = next_piece(&text, &piece)) != END) {
		if (kind == PLAIN)
			sp_buf_str(&b, piece);
		else if (!(kind == ENVIRONMENT ? add_variable : add_file)(&b, mem, settings, piece, why))
			return false;
	}
	*why = "with its values a text is too long";
	*out = sp_buf_view(&b);
	return sp_buf_ok(&b);
}
