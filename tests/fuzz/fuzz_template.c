/*
 * fuzz_template.c - a page made from any template and the nastiest values is
 * HTML of the same shape: it can be read as a template again
 */
#include <fcntl.h>
#include <unistd.h>
#include "fuzz.h"
#include "web/response.h"
#include "web/template_parse.h"
#include "web/worker.h"

static const char nasty[] = "\"'><script>&#39;</p><!-- --> = onload=\"x\" javascript: `\\";
static char dir[] = "/tmp/sp_fuzz_XXXXXX";

static void
remove_dir(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/page.html", dir);
	unlink(path);
	rmdir(dir);
}

static bool
load(const uint8_t *data, size_t size, struct sp_templates **out, struct sp_buf *errors)
{
	static bool made;
	char path[100];
	int fd;

	if (!made) {
		FUZZ_CHECK(mkdtemp(dir) != NULL);
		atexit(remove_dir);
		made = true;
	}
	snprintf(path, sizeof(path), "%s/page.html", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	return sp_templates_load(dir, out, errors);
}

static void
render(struct sp_request *req)
{
	struct sp_view *v = sp_view_open(req, "page.html"), *item;
	struct sp_template again;
	struct sp_buf errors;
	char *page;

	sp_view_cstr(v, "a", nasty);
	sp_view_cstr(v, "b", "javascript:alert(1)");
	for (int i = 0; i < 2; i++) {
		item = sp_view_item(v, "l");
		sp_view_cstr(item, "a", i == 0 ? "" : nasty);
		sp_view_flag(item, "f", i == 0);
	}
	sp_view_flag(v, "f", true);
	sp_reply_view(req, 200, v);
	if (req->response->status != 200)
		return;				/* larger than a page may be */
	page = sp_cstr(req->mem, req->response->body);
	/* no braces of the template's own, which would be names */
	for (size_t i = 0; i < req->response->body.len; i++)
		if (page[i] == '{' || page[i] == '}')
			page[i] = '.';
	sp_buf_init(&errors, req->mem, 1000);
	if (!sp_template_parse(req->mem, "again", (struct sp_str){ page, req->response->body.len },
	    &again, &errors)) {
		fprintf(stderr, "%s", sp_buf_view(&errors).p);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings settings = { .issuer = "https://mcp.example.com", .static_url = "/static" };
	struct sp_process process = { .settings = &settings };
	struct sp_response response = { 0 };
	struct sp_request req = { .mem = mem, .process = &process, .settings = &settings,
	    .response = &response, .id = "0123456789abcdefABCDEF", .method = "GET" };
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 100000);
	if (load(data, size, &process.templates, &errors)) {
		FUZZ_CHECK(errors.len == 0);
		render(&req);
		sp_templates_free(process.templates);
	} else {
		FUZZ_CHECK(errors.len > 0);
	}
	sp_arena_free(mem);
	return 0;
}
