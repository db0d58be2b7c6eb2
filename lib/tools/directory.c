/* directory.c - resources of kind "directory": the files below a directory */
#include "tools/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/encode.h"
#include "tools/content.h"

#define NAMES_MAX 10000			/* entries of a directory that are looked at */

/* ---- files ---- */

static bool
is_plain(struct sp_str segment)
{
	return segment.len > 0 && segment.p[0] != '.' && !sp_str_has_control(segment);
}

/* The directory that this path leads to, "" or "a/b/"; -1: there is none. */
static int
open_directory(struct sp_arena *mem, const char *directory, struct sp_str path)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	struct sp_str segment;

	while (fd >= 0 && sp_str_split(&path, '/', &segment)) {
		next = is_plain(segment) ? openat(fd, sp_cstr(mem, segment),
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		close(fd);
		fd = next;
	}
	return fd;
}

/* A path as the directory, with its slash, and the name in it. */
static void
take_apart(struct sp_str path, struct sp_str *directory, struct sp_str *name)
{
	size_t end = path.len;

	while (end > 0 && path.p[end - 1] != '/')
		end--;
	*directory = sp_str_sub(path, 0, end);
	*name = sp_str_sub(path, end, path.len);
}

static bool
read_all(int fd, char *out, size_t len)
{
	size_t have = 0;
	ssize_t n = 1;

	while (have < len && (n = read(fd, out + have, len - have)) > 0)
		have += (size_t)n;
	return have == len;
}

enum sp_file_status
sp_directory_read(struct sp_arena *mem, const char *directory, struct sp_str path, size_t max, struct sp_str *out)
{
	enum sp_file_status status = SP_FILE_NOT_THERE;
	struct sp_str parent, name;
	struct stat st;
	int dir, fd = -1;

	take_apart(path, &parent, &name);
	dir = open_directory(mem, directory, parent);
	if (dir >= 0 && is_plain(name))
		/* a FIFO must not hold us up */
		fd = openat(dir, sp_cstr(mem, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*out = (struct sp_str){ NULL, (size_t)st.st_size };
		if (out->len > max) {
			status = SP_FILE_TOO_LARGE;
		} else {
			char *bytes = sp_alloc(mem, out->len + 1);

			out->p = bytes;
			if (read_all(fd, bytes, out->len))
				status = SP_FILE_READ;
		}
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return status;
}

static int
compare(const void *a, const void *b)
{
	const struct sp_str *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Of the directory itself, a link does not count as what it points to. */
static bool
is_kind(int dir, const char *name, mode_t kind)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == kind;
}

struct sp_str *
sp_directory_list(struct sp_arena *mem, const char *directory, struct sp_str typed, size_t max, size_t *count,
    size_t *total)
{
	struct sp_str *names = sp_alloc_array(mem, NAMES_MAX, sizeof(*names)), parent, begun;
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;
	int fd;

	take_apart(typed, &parent, &begun);
	fd = open_directory(mem, directory, parent);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir != NULL && n < NAMES_MAX && (entry = readdir(dir)) != NULL) {
		struct sp_str name = sp_str(entry->d_name);
		bool below = is_kind(fd, entry->d_name, S_IFDIR);

		if (is_plain(name) && sp_utf8_valid(name) && sp_str_eq(sp_str_sub(name, 0, begun.len), begun) &&
		    (below || is_kind(fd, entry->d_name, S_IFREG)))
			names[n++] = sp_str(sp_printf(mem, "%.*s%s%s", SP_FMT(parent), entry->d_name,
			    below ? "/" : ""));
	}
	if (dir != NULL)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	qsort(names, n, sizeof(*names), compare);
	*total = n;
	*count = n < max ? n : max;
	return names;
}

/* ---- media types ---- */

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".md", "text/markdown" }, { ".markdown", "text/markdown" },
	{ ".txt", "text/plain" }, { ".log", "text/plain" }, { ".csv", "text/csv" }, { ".tsv", "text/tab-separated-values" },
	{ ".html", "text/html" }, { ".htm", "text/html" }, { ".css", "text/css" }, { ".js", "text/javascript" },
	{ ".json", "application/json" }, { ".xml", "application/xml" }, { ".yaml", "application/yaml" },
	{ ".yml", "application/yaml" }, { ".toml", "application/toml" }, { ".sql", "application/sql" },
	{ ".pdf", "application/pdf" }, { ".zip", "application/zip" }, { ".gz", "application/gzip" },
	{ ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" }, { ".gif", "image/gif" },
	{ ".webp", "image/webp" }, { ".svg", "image/svg+xml" },
	{ ".mp3", "audio/mpeg" }, { ".wav", "audio/wav" }, { ".ogg", "audio/ogg" }, { ".mp4", "video/mp4" },
};

/* By the name, as web servers do it; else by whether it is text. */
static const char *
media_type(struct sp_str path, bool is_text)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strlen(types[i].suffix);

		if (path.len > len && sp_str_caseis(sp_str_sub(path, path.len - len, path.len), types[i].suffix))
			return types[i].type;
	}
	return is_text ? "text/plain" : "application/octet-stream";
}

/* ---- the kind ---- */

struct spec {
	const char *directory;		/* the word that the operator's setting explains */
	const char *mime_type;		/* NULL: by the file's name */
	struct sp_str meta;		/* _meta of each file, JSON; absent: none */
};

static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	struct spec *spec = sp_alloc(mem, sizeof(*spec));

	spec->directory = sp_cstr(mem, sp_json_get_str(json, "directory"));
	spec->mime_type = sp_cstr(mem, sp_json_get_str(json, "mime_type"));
	if (sp_json_get(json, "meta") != NULL)
		spec->meta = sp_json_canonical(mem, sp_json_get(json, "meta"));
	*out = spec;
	*why = "it names no directory";
	return spec->directory != NULL;
}

/* Setting resource_dirs is "word=/path word=/path"; NULL: this host has none of that name. */
static const char *
directory_of(struct sp_request *req, const char *name)
{
	struct sp_str rest = sp_str(req->settings->resource_dirs), one, word;

	while (sp_str_split(&rest, ' ', &one))
		if (sp_str_split(&one, '=', &word) && sp_str_is(word, name))
			return sp_cstr(req->mem, one);
	return NULL;
}

static struct sp_str
contents(const struct sp_tool_call *call, const struct spec *spec, struct sp_str path, struct sp_str bytes)
{
	struct sp_arena *mem = call->req->mem;
	bool is_text = sp_utf8_valid(bytes) && sp_str_index(bytes, '\0') < 0;
	const char *type = spec->mime_type != NULL ? spec->mime_type : media_type(path, is_text);
	struct sp_json_writer w;
	struct sp_buf b;

	/* a page of MCP Apps */
	if (sp_str_starts(call->name, "ui:") && strcmp(type, "text/html") == 0)
		type = "text/html;profile=mcp-app";
	sp_buf_init(&b, mem, bytes.len * 6 + spec->meta.len + 8192);	/* each byte an escape, at most */
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "uri", call->name);
	sp_jw_kcstr(&w, "mimeType", type);
	if (is_text)
		sp_jw_kstr(&w, "text", bytes);
	else
		sp_jw_kstr(&w, "blob", sp_base64_encode(mem, bytes.p, bytes.len));
	if (spec->meta.p != NULL)
		sp_jw_kraw(&w, "_meta", spec->meta);
	sp_jw_object_end(&w);
	sp_jw_array_end(&w);
	return sp_buf_view(&b);
}

static enum sp_tool_outcome
read_file(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const char *variable = call->tool->content->template->variable[0].name;
	struct sp_str path = sp_json_get_str(arguments, variable), bytes;
	const struct spec *spec = call->tool->spec;
	const char *directory = directory_of(call->req, spec->directory);
	const char *outcome = "ok";

	*out = (struct sp_tool_result){ 0 };
	switch (directory == NULL ? SP_FILE_NOT_THERE : sp_directory_read(call->req->mem, directory, path,
	    (size_t)call->tool->max_bytes, &bytes)) {
	case SP_FILE_READ:
		out->json = contents(call, spec, path, bytes);
		break;
	case SP_FILE_TOO_LARGE:
		sp_tool_too_large(call, (int64_t)bytes.len, out);
		outcome = "error";
		break;
	case SP_FILE_NOT_THERE:
		break;
	}
	return sp_tool_record(call, outcome, out->json.p == NULL && !out->is_error ? "no such file" : NULL);
}

const struct sp_tool_kind sp_directory = { "directory", load, read_file };

/* ---- completing a path ---- */

static enum sp_tool_outcome
list_names(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct spec *spec = call->tool->spec;
	const char *directory = directory_of(call->req, spec->directory);
	size_t count = 0, total = 0;
	struct sp_str *names = NULL;
	struct sp_json_writer w;
	struct sp_buf b;

	if (directory != NULL)
		names = sp_directory_list(call->req->mem, directory, sp_json_get_str(arguments, "value"),
		    SP_COMPLETION_MAX, &count, &total);
	sp_buf_init(&b, call->req->mem, (size_t)1 << 20);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "values");
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++)
		sp_jw_str(&w, names[i]);
	sp_jw_array_end(&w);
	sp_jw_kint(&w, "total", (int64_t)total);
	sp_jw_kbool(&w, "hasMore", total > count);
	sp_jw_object_end(&w);
	*out = (struct sp_tool_result){ .json = sp_buf_view(&b) };
	return sp_tool_record(call, "ok", NULL);
}

static const struct sp_tool_kind names_kind = { "directory names", load, list_names };

const struct sp_tool *
sp_directory_names(struct sp_arena *mem, const struct sp_tool *entry)
{
	struct sp_tool *names = sp_alloc(mem, sizeof(*names));

	*names = *entry;
	names->kind = &names_kind;
	return names;
}
