/* test_template.c - templates and the pages they make; the style sheet's contrast */
#include <fcntl.h>
#include <math.h>
#include "web.h"
#include "web/page.h"
#include "web/template.h"

static char dir[] = "/tmp/sp_template_XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

/* Loads page.html (and part.html) and gives what was wrong, or "". */
static const char *
load(struct sp_arena *mem, const char *page, const char *part, struct sp_templates **out)
{
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 10000);
	write_file("page.html", page);
	if (part != NULL)
		write_file("part.html", part);
	*out = NULL;
	if (!sp_templates_load(dir, out, &errors))
		assert_null(*out);
	remove_file("page.html");
	remove_file("part.html");
	return sp_buf_view(&errors).p;
}

static void
faults(void **state)
{
	static const struct {
		const char *page, *part, *error;	/* error "": none */
	} cases[] = {
		{ "<p>{{a}}</p>", NULL, "" },
		{ "{{! remark with }, { and < }}x", NULL, "" },
		{ "<p class=\"x {{a}}\">{{#b}}<i>{{c}}</i>{{/b}}{{^b}}none{{/b}}</p>", NULL, "" },
		{ "<input {{#on}}checked{{/on}}>", NULL, "" },
		{ "<input{{#on}} checked{{/on}}>", NULL, "page.html:1: a section that begins inside" },
		{ "<input {{#on}}value=\"{{v}}\"{{/on}} name=\"x\">", NULL, "" },
		{ "<!-- c --><p>{{>part.html}}</p>", "<b>{{a}}</b>", "" },
		{ "<!doctype html><p>", NULL, "" },
		{ "a { b } c", NULL, "" },
		/* names */
		{ "{{}}", NULL, "page.html:1: a malformed name" },
		{ "x\n{{a b}}", NULL, "page.html:2: a malformed name" },
		{ "{{{a}}}", NULL, "page.html:1: a malformed name" },
		{ "{{&a}}", NULL, "page.html:1: a malformed name" },
		{ "{{a.b}}", NULL, "page.html:1: a malformed name" },
		{ "{{>../x.html}}", NULL, "page.html:1: a malformed name" },
		{ "{{>part}}", NULL, "page.html:1: a malformed name" },
		{ "\n\n{{a", NULL, "page.html:3: {{ without }}" },
		/* sections */
		{ "{{#a}}x", NULL, "page.html:1: a section without its end" },
		{ "x{{/a}}", NULL, "page.html:1: the end of a section that was not the last" },
		{ "{{#a}}{{#b}}{{/a}}{{/b}}", NULL, "page.html:1: the end of a section" },
		{ "{{#a}}<p {{/a}}>", NULL, "page.html:1: a section that ends in another place" },
		{ "<p class=\"{{#a}}\"{{/a}}>", NULL, "page.html:1: a section that ends in another place" },
		/* where values may stand */
		{ "<p {{a}}>", NULL, "page.html:1: a value outside" },
		{ "<{{a}}>", NULL, "page.html:1: a value outside" },
		{ "<p {{a}}=\"x\">", NULL, "page.html:1: a value outside" },
		{ "<p class={{a}}>", NULL, "page.html:1: a value outside" },
		{ "<p class='{{a}}'>", NULL, "page.html:1: an attribute value without double quotes" },
		{ "<p class=x>", NULL, "page.html:1: an attribute value without double quotes" },
		{ "<!-- {{a}} -->", NULL, "page.html:1: a value outside" },
		/* what the security headers would not allow */
		{ "<script>1</script>", NULL, "page.html:1: an element that" },
		{ "<SCRIPT src=\"x\">", NULL, "page.html:1: an element that" },
		{ "<style>p{}</style>", NULL, "page.html:1: an element that" },
		{ "<iframe src=\"x\">", NULL, "page.html:1: an element that" },
		{ "<p style=\"x\">", NULL, "page.html:1: an attribute that" },
		{ "<p onclick=\"x\">", NULL, "page.html:1: an attribute that" },
		{ "<p ONclick=\"x\">", NULL, "page.html:1: an attribute that" },
		/* ends */
		{ "<p", NULL, "page.html:1: the file ends inside" },
		{ "<!-- x", NULL, "page.html:1: the file ends inside" },
		{ "1 < 2", NULL, "page.html:1: a < that begins no tag" },
		/* other templates */
		{ "{{>part.html}}", NULL, "page.html:1: part.html is not there" },
		{ "<p {{>part.html}}>", "x", "page.html:1: another template inside a tag" },
		{ "{{>part.html}}", "{{>page.html}}", "includes itself" },
		{ "{{>page.html}}", NULL, "includes itself" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_templates *t;
		const char *got = load(mem, cases[i].page, cases[i].part, &t);

		CHECK((cases[i].error[0] == '\0') == (got[0] == '\0'), cases[i].page);
		if (strstr(got, cases[i].error) == NULL)
			fail_msg("%s: expected \"%s\", got \"%s\"", cases[i].page, cases[i].error, got);
		sp_templates_free(t);
		sp_arena_free(mem);
	}
}

static void
no_directory(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_templates *t;
	struct sp_buf errors;

	(void)state;
	sp_buf_init(&errors, mem, 1000);
	assert_false(sp_templates_load("/nonexistent", &t, &errors));
	assert_non_null(strstr(sp_buf_view(&errors).p, "template_dir /nonexistent: "));
	assert_false(sp_templates_load(dir, &t, &errors));	/* empty */
	sp_arena_free(mem);
}

/* ---- pages ---- */

static void
open_page(struct web *w, const char *page, const char *part)
{
	web_open(w);
	assert_string_equal(load(w->mem, page, part, &w->process.templates), "");
}

static void
close_page(struct web *w)
{
	sp_templates_free(w->process.templates);
	web_close(w);
}

static void
rendering(void **state)
{
	struct sp_view *v, *item;
	struct web w;

	(void)state;
	open_page(&w, "{{title}}: {{#rows}}[{{name}} {{title}}{{#tags}} {{tag}}{{/tags}}]{{/rows}}"
	    "{{^rows}}none{{/rows}}{{#yes}}Y{{/yes}}{{^yes}}N{{/yes}}{{#no}}Y{{/no}}{{^no}}N{{/no}}"
	    "{{#text}}({{text}}){{/text}}{{#empty}}({{empty}}){{/empty}} {{>part.html}} {{static_url}}",
	    "<b title=\"{{title}}\">");
	v = sp_view_open(&w.req, "page.html");
	sp_view_cstr(v, "title", "A & <B> \"'");
	item = sp_view_item(v, "rows");
	sp_view_cstr(item, "name", "one");
	sp_view_cstr(sp_view_item(item, "tags"), "tag", "x");
	sp_view_cstr(sp_view_item(item, "tags"), "tag", "y");
	item = sp_view_item(v, "rows");
	sp_view_cstr(item, "name", "two");
	sp_view_cstr(item, "title", "inner");
	sp_view_flag(v, "yes", true);
	sp_view_flag(v, "no", false);
	sp_view_cstr(v, "text", "t");
	sp_view_cstr(v, "empty", NULL);
	assert_true(sp_reply_view(&w.req, 200, v));
	assert_int_equal(w.response.status, 200);
	CHECK_STR(w.response.body, "A &amp; &lt;B&gt; &quot;&#39;: [one A &amp; &lt;B&gt; &quot;&#39; x y]"
	    "[two inner]YN(t) <b title=\"A &amp; &lt;B&gt; &quot;&#39;\"> /static", "page");
	close_page(&w);
}

static void
urls(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{ "https://a.example/?a=b&c=d", "https://a.example/?a=b&amp;c=d" },
		{ "/account", "/account" },
		{ "cursor://callback?code=x", "cursor://callback?code=x" },
		{ "mailto:a@b.example", "mailto:a@b.example" },
		{ "data:image/png;base64,AA", "data:image/png;base64,AA" },
		{ "a/javascript:b", "a/javascript:b" },
		{ "javascript:alert(1)", "#" },
		{ "JavaScript:alert(1)", "#" },
		{ " javascript:alert(1)", "#" },
		{ "java\tscript:alert(1)", "#" },
		{ "\x01javascript:alert(1)", "#" },
		{ "data:text/html,x", "#" },
		{ "vbscript:x", "#" },
		{ "file:///etc/passwd", "#" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_view *v;
		struct web w;

		open_page(&w, "<a class=\"{{u}}\" href=\"{{u}}\">", NULL);
		v = sp_view_open(&w.req, "page.html");
		sp_view_cstr(v, "u", cases[i].url);
		sp_reply_view(&w.req, 200, v);
		if (memmem(w.response.body.p, w.response.body.len,
		    sp_printf(w.mem, "href=\"%s\">", cases[i].shown),
		    strlen(cases[i].shown) + 8) == NULL)
			fail_msg("%s: got %.*s", cases[i].url, SP_FMT(w.response.body));
		close_page(&w);
	}
}

static void
security_headers(void **state)
{
	struct sp_view *v;
	struct web w;

	(void)state;
	open_page(&w, "x", NULL);
	v = sp_view_open(&w.req, "page.html");
	sp_reply_view(&w.req, 200, v);
	CHECK_STR(sp_response_header(&w.req, "Content-Security-Policy"),
	    "default-src 'none'; style-src 'self'; img-src 'self' data: https:; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'", "csp");
	CHECK_STR(sp_response_header(&w.req, "X-Frame-Options"), "DENY", "frames");
	CHECK_STR(sp_response_header(&w.req, "Referrer-Policy"), "no-referrer", "referrer");
	CHECK_STR(sp_response_header(&w.req, "Content-Type"), "text/html; charset=utf-8", "type");

	/* what a handler set stays */
	w.response = (struct sp_response){ 0 };
	w.settings.static_url = "https://cdn.example/sp";
	sp_page_headers(&w.req, "https://client.example");
	sp_reply_view(&w.req, 200, v);
	CHECK_STR(sp_response_header(&w.req, "Content-Security-Policy"),
	    "default-src 'none'; style-src 'self' https://cdn.example; img-src 'self' data: https:; "
	    "form-action 'self' https://client.example; base-uri 'none'; frame-ancestors 'none'", "csp");
	close_page(&w);
}

static void
drift(void **state)
{
	struct sp_view *v, *item;
	struct web w;

	(void)state;
	setenv(SP_VIEW_CHECK, "1", 1);
	open_page(&w, "{{a}}{{#l}}{{b}}{{/l}}{{#l}}{{static_url}}{{/l}}", NULL);

	v = sp_view_open(&w.req, "page.html");	/* a is not set */
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 500);

	v = sp_view_open(&w.req, "page.html");
	sp_view_cstr(v, "a", "");
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 200);

	v = sp_view_open(&w.req, "page.html");	/* c is nowhere shown */
	sp_view_cstr(v, "a", "1");
	sp_view_cstr(v, "c", "1");
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 500);

	v = sp_view_open(&w.req, "page.html");	/* b is missing in the item */
	sp_view_cstr(v, "a", "1");
	item = sp_view_item(v, "l");
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 500);

	sp_view_cstr(item, "b", "1");
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 200);

	sp_view_cstr(item, "d", "1");		/* d is nowhere shown */
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 500);
	close_page(&w);

	unsetenv(SP_VIEW_CHECK);
	open_page(&w, "{{a}}!", NULL);
	v = sp_view_open(&w.req, "page.html");
	sp_view_cstr(v, "c", "1");
	sp_reply_view(&w.req, 200, v);		/* in front of a person, show what there is */
	assert_int_equal(w.response.status, 200);
	CHECK_STR(w.response.body, "!", "page");
	v = sp_view_open(&w.req, "nosuch.html");
	sp_reply_view(&w.req, 200, v);
	assert_int_equal(w.response.status, 500);
	close_page(&w);
}

/* ---- what is shipped ---- */

static const char *
source(struct sp_arena *mem, const char *path)
{
	const char *top = getenv("top_srcdir");

	return sp_printf(mem, "%s/%s", top != NULL ? top : ".", path);
}

static void
shipped_error_page(void **state)
{
	static const enum sp_problem problems[] = {
		SP_INVALID_REQUEST, SP_INVALID_CLIENT, SP_SERVER_ERROR, SP_TEMPORARILY_UNAVAILABLE
	};

	(void)state;
	for (size_t i = 0; i < COUNT(problems); i++) {
		struct sp_buf errors;
		struct web w;

		web_open(&w);
		sp_buf_init(&errors, w.mem, 10000);
		setenv(SP_VIEW_CHECK, "1", 1);
		if (!sp_templates_load(source(w.mem, "www/templates"), &w.process.templates, &errors))
			fail_msg("%s", sp_buf_view(&errors).p);
		sp_fail(&w.req, problems[i], "redirect_uri <script>");
		assert_true(sp_reply_page_error(&w.req));
		assert_int_equal(w.response.status, problems[i] == SP_INVALID_CLIENT ? 400 :
		    sp_problem_info(problems[i])->status);
		assert_null(memmem(w.response.body.p, w.response.body.len, "<script>", 8));
		assert_non_null(memmem(w.response.body.p, w.response.body.len, w.req.id, 22));
		assert_non_null(memmem(w.response.body.p, w.response.body.len, "/static/sallyport.css", 21));
		assert_true((memmem(w.response.body.p, w.response.body.len, "redirect_uri", 12) != NULL) ==
		    (w.response.status < 500));
		unsetenv(SP_VIEW_CHECK);
		close_page(&w);
	}
}

/* Without templates, a program still says what is wrong. */
static void
error_without_templates(void **state)
{
	struct web w;

	(void)state;
	web_open(&w);
	sp_fail(&w.req, SP_INVALID_REQUEST, "x");
	assert_true(sp_reply_page_error(&w.req));
	assert_int_equal(w.response.status, 400);
	CHECK_STR(sp_response_header(&w.req, "Content-Type"), "application/json", "type");
	web_close(&w);
}

/* "--name: #rrggbb;" behind `from`: its relative luminance (WCAG 2.2). */
static double
luminance(const char *from, const char *name)
{
	char key[64];
	const char *at;
	unsigned rgb[3];
	double channel[3];

	snprintf(key, sizeof(key), "\t--%s: #", name);
	at = strstr(from, key);
	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(key), "%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]), 3);
	for (int i = 0; i < 3; i++) {
		double c = rgb[i] / 255.0;

		channel[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
	}
	return 0.2126 * channel[0] + 0.7152 * channel[1] + 0.0722 * channel[2];
}

static void
contrast(void **state)
{
	static const struct {
		const char *front, *back;
		double least;
	} pairs[] = {
		{ "text", "page", 4.5 }, { "text", "card", 4.5 },
		{ "muted", "page", 4.5 }, { "muted", "card", 4.5 },
		{ "link", "page", 4.5 }, { "link", "card", 4.5 },
		{ "on-accent", "accent", 4.5 }, { "on-accent", "accent-hover", 4.5 },
		{ "on-danger", "danger", 4.5 }, { "on-danger", "danger-hover", 4.5 },
		{ "error-text", "error-back", 4.5 }, { "warning-text", "warning-back", 4.5 },
		{ "success-text", "success-back", 4.5 }, { "info-text", "info-back", 4.5 },
		/* what is not text: 1.4.11 */
		{ "field-line", "card", 3 }, { "field-line", "page", 3 },
		{ "focus", "card", 3 }, { "focus", "page", 3 },
	};
	struct sp_arena *mem = sp_arena_new();
	FILE *f = fopen(source(mem, "www/static/sallyport.css"), "r");
	char *css = sp_alloc(mem, 100000);
	const char *schemes[2];

	(void)state;
	assert_non_null(f);
	assert_true(fread(css, 1, 99999, f) > 1000);
	fclose(f);
	schemes[0] = css;
	schemes[1] = strstr(css, "prefers-color-scheme: dark");
	assert_non_null(schemes[1]);
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < COUNT(pairs); i++) {
			double a = luminance(schemes[s], pairs[i].front);
			double b = luminance(schemes[s], pairs[i].back);
			double ratio = a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);

			if (ratio < pairs[i].least)
				fail_msg("%s: %s on %s has %.2f:1", s == 0 ? "light" : "dark",
				    pairs[i].front, pairs[i].back, ratio);
		}
	sp_arena_free(mem);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(no_directory),
		cmocka_unit_test(rendering),
		cmocka_unit_test(urls),
		cmocka_unit_test(security_headers),
		cmocka_unit_test(drift),
		cmocka_unit_test(shipped_error_page),
		cmocka_unit_test(error_without_templates),
		cmocka_unit_test(contrast),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
