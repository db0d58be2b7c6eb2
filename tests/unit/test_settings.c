/* test_settings.c - base/settings: defaults, sources, faults */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/settings.h"
#include "unit.h"

#define NO_ENV ((char *const[]){ NULL })

/* What sp_settings_parse() complains about; "" when it took everything. */
static const char *
complaints(struct sp_arena *mem, const char *text, char *const *env)
{
	struct sp_settings *s = NULL;
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 10000);
	if (sp_settings_parse(sp_str(text), "conf", env, &s, &errors)) {
		assert_int_equal(errors.len, 0);
		sp_settings_free(s);
		return "";
	}
	assert_null(s);
	assert_true(errors.len > 0);
	return sp_buf_view(&errors).p;
}

static struct sp_settings *
parsed(const char *text, char *const *env)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings *s;
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 10000);
	if (!sp_settings_parse(sp_str(text), "conf", env, &s, &errors))
		fail_msg("%s", sp_buf_view(&errors).p);
	sp_arena_free(mem);
	return s;
}

static void
defaults(void **state)
{
	struct sp_settings *s = parsed("issuer = https://mcp.example.com\n", NO_ENV);

	(void)state;
	assert_string_equal(s->issuer, "https://mcp.example.com");
	assert_string_equal(s->database, "");
	assert_string_equal(s->master_key_file, SP_SYSCONFDIR "/sallyport/master.key");
	assert_string_equal(s->template_dir, SP_DATADIR "/templates");
	assert_string_equal(s->static_url, "/static");
	assert_string_equal(s->log_level, "info");
	assert_string_equal(s->signing_alg, "ES256");
	assert_string_equal(s->allowed_origins, "");
	assert_string_equal(s->tool_role, "sallyport_tool");
	assert_string_equal(s->tool_schemas, "tools");
	assert_int_equal(s->threads, 8);
	assert_int_equal(s->max_body, 4194304);
	assert_int_equal(s->request_timeout, 60);
	assert_int_equal(s->max_requests, 0);
	assert_int_equal(s->db_connect_timeout, 3);
	assert_int_equal(s->statement_timeout, 3000);
	assert_int_equal(s->tool_timeout, 30000);
	assert_int_equal(s->access_token_ttl, 3600);
	assert_int_equal(s->refresh_token_ttl, 30 * 86400);
	assert_int_equal(s->refresh_grace, 30);
	assert_int_equal(s->code_ttl, 60);
	assert_true(s->registration);
	assert_true(s->client_metadata_documents);
	assert_true(s->db_listen);
	assert_false(s->insecure_http);
	sp_settings_free(s);
	sp_settings_free(NULL);
}

/* The environment wins over the file, the file over the default. */
static void
sources(void **state)
{
	char *const env[] = { (char *)"PATH=/bin", (char *)"SALLYPORT_THREADS=3", (char *)"SALLYPORT_DB_LISTEN=off",
	    (char *)"SALLYPORT_DATABASE=host=b port=5433", (char *)"SALLYPORTER=1", (char *)"SALLYPORT_PORT=8080",
	    (char *)"SALLYPORT_CONFIG=/x", (char *)"SALLYPORT_USER=alice", NULL };
	struct sp_settings *s = parsed("# comment\r\n\r\n  issuer\t= https://a.example \r\n"
	    "database = host=a password=x#y\nthreads=4\nmax_body = 2048\n#threads = 5\nregistration = no\n"
	    "trusted_proxies =\ninsecure_http = yes", env);

	(void)state;
	assert_string_equal(s->issuer, "https://a.example");
	assert_string_equal(s->database, "host=b port=5433");
	assert_int_equal(s->threads, 3);
	assert_int_equal(s->max_body, 2048);
	assert_false(s->registration);
	assert_false(s->db_listen);
	assert_true(s->insecure_http);
	assert_string_equal(s->trusted_proxies, "");
	sp_settings_free(s);
	s = parsed("issuer = https://a.example\ndatabase = host=a password=x#y z\n", NO_ENV);
	assert_string_equal(s->database, "host=a password=x#y z");
	sp_settings_free(s);
}

static void
file_faults(void **state)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "threads = 9", "" },
		{ "threads = 0", "conf:2: threads: not an integer from 1 to 256\n" },
		{ "threads = 257", "conf:2: threads: not an integer from 1 to 256\n" },
		{ "threads = 8 ", "" },
		{ "threads = 8x", "conf:2: threads: not an integer from 1 to 256\n" },
		{ "threads =", "conf:2: threads: not an integer from 1 to 256\n" },
		{ "threads = 99999999999999999999", "conf:2: threads: not an integer from 1 to 256\n" },
		{ "thread = 8", "conf:2: thread: unknown setting; did you mean threads?\n" },
		{ "Threads = 8", "conf:2: Threads: unknown setting; did you mean threads?\n" },
		{ "acess_token_tll = 8", "conf:2: acess_token_tll: unknown setting; did you mean access_token_ttl?\n" },
		{ "colour = red", "conf:2: colour: unknown setting\n" },
		{ "threads 8", "conf:2: not \"name = value\"\n" },
		{ "= 8", "conf:2: not \"name = value\"\n" },
		{ "th\x01reads = 8", "conf:2: not \"name = value\"\n" },
		{ "threads = 1\nthreads = 2", "conf:3: threads: stands in line 2, too\n" },
		{ "registration = maybe", "conf:2: registration: neither true nor false\n" },
		{ "registration = TRUE", "conf:2: registration: neither true nor false\n" },
		{ "tool_role = \x01", "conf:2: tool_role: control characters, or not UTF-8\n" },
		{ "tool_role = \xff", "conf:2: tool_role: control characters, or not UTF-8\n" },
		{ "tool_role =", "conf:2: tool_role: not the name of a role\n" },
		{ "log_level = loud", "conf:2: log_level: not one of debug, info, warn, error\n" },
		{ "signing_alg = HS256", "conf:2: signing_alg: not one of ES256, EdDSA, RS256\n" },
		{ "signing_alg = none", "conf:2: signing_alg: not one of ES256, EdDSA, RS256\n" },
		{ "signing_alg = RS256", "" },
		{ "template_dir = templates", "conf:2: template_dir: not an absolute path\n" },
		{ "master_key_file =", "conf:2: master_key_file: not an absolute path\n" },
		{ "static_url = https://cdn.example/s", "" },
		{ "static_url = /static/", "conf:2: static_url: has a slash at its end\n" },
		{ "static_url = //evil", "conf:2: static_url: neither a path that begins with a slash nor an https URL\n" },
		{ "static_url = static", "conf:2: static_url: neither a path that begins with a slash nor an https URL\n" },
		{ "fetch_allow = 10.0.0.0/8 fd00::/8 192.0.2.7 ::1", "" },
		{ "fetch_allow =   10.0.0.0/8  ", "" },
	};
	static const char *const ranges[] = {
		"10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "any",
		"10.0.0.0/8,11.0.0.0/8", "1111:2222:3333:4444:5555:6666:7777:8888:9999/8", "::ffff:10.0.0.0/a",
	};
	static const char *const origins[] = {
		"null", "https://a/", "https://a/b", "https://", "://a", "a", "https:a", "https://u@a", "HTTPS://a",
		"https://a?b", "https://a,https://b", "* https://a",
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = sp_printf(mem, "issuer = https://a\n%s\n", cases[i].line);

		CHECK_STR(sp_str(complaints(mem, text, NO_ENV)), cases[i].complaint, cases[i].line);
	}
	for (size_t i = 0; i < COUNT(ranges); i++)
		CHECK(strstr(complaints(mem, sp_printf(mem, "trusted_proxies = 127.0.0.1 %s\n", ranges[i]), NO_ENV),
		    "conf:1: trusted_proxies: not a list of address ranges") != NULL, ranges[i]);
	for (size_t i = 0; i < COUNT(origins); i++)
		CHECK(strstr(complaints(mem, sp_printf(mem, "allowed_origins = https://b %s\n", origins[i]), NO_ENV),
		    "conf:1: allowed_origins: not a list of origins") != NULL, origins[i]);
	assert_string_equal(complaints(mem, "issuer = https://a\nallowed_origins = https://a.example:8443 http://[::1]:1 "
	    "vscode-file://vscode-app\n", NO_ENV), "");
	assert_string_equal(complaints(mem, "issuer = https://a\nallowed_origins = *\n", NO_ENV), "");
	sp_arena_free(mem);
}

static void
issuers(void **state)
{
	static const struct {
		const char *issuer, *fault;		/* NULL: taken */
	} cases[] = {
		{ "https://mcp.example.com", NULL },
		{ "https://mcp.example.com:8443", NULL },
		{ "https://mcp.example.com/base/path_1", NULL },
		{ "https://192.0.2.1", NULL },
		{ "https://[2001:db8::1]:8443/x", NULL },
		{ "http://localhost", NULL },
		{ "http://localhost:8080/x", NULL },
		{ "http://127.0.0.1:8080", NULL },
		{ "http://127.8.9.1", NULL },
		{ "http://[::1]:8080", NULL },
		{ "", "required" },
		{ "mcp.example.com", "not an absolute https URL" },
		{ "//mcp.example.com", "not an absolute https URL" },
		{ "ftp://mcp.example.com", "not an absolute https URL" },
		{ "HTTPS://mcp.example.com", "not an absolute https URL" },
		{ "https://mcp.example.com/", "has a slash at its end" },
		{ "https://mcp.example.com/x/", "has a slash at its end" },
		{ "https://mcp.example.com?x", "has a query or a fragment" },
		{ "https://mcp.example.com/x?", "has a query or a fragment" },
		{ "https://mcp.example.com#x", "has a query or a fragment" },
		{ "https://mcp.example.com:443", "has the default port, which clients leave out" },
		{ "http://localhost:80", "has the default port, which clients leave out" },
		{ "https://mcp.example.com:", "has a port that is not a number from 1 to 65535" },
		{ "https://mcp.example.com:0", "has a port that is not a number from 1 to 65535" },
		{ "https://mcp.example.com:08443", "has a port that is not a number from 1 to 65535" },
		{ "https://mcp.example.com:65536", "has a port that is not a number from 1 to 65535" },
		{ "https://mcp.example.com:8443x", "has a port that is not a number from 1 to 65535" },
		{ "https://", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https:///x", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://MCP.example.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://user@mcp.example.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://mcp..example.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://mcp.example.com.", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://-mcp.example.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://mcp example.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://mcp.ex\xc3\xa4mple.com", "has no valid host (a DNS name in lower case, or an address)" },
		{ "https://[::1", "has no valid host" },
		{ "https://[]", "has no valid host" },
		{ "https://[::1]x", "has no valid host" },
		{ "https://[127.0.0.1]", "has no valid host" },
		{ "http://mcp.example.com", "is http, which is allowed on loopback only" },
		{ "http://127.0.0.1.example.com", "is http, which is allowed on loopback only" },
		{ "http://localhost.example.com", "is http, which is allowed on loopback only" },
		{ "http://[::2]", "is http, which is allowed on loopback only" },
		{ "https://a//b", "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes" },
		{ "https://a/../b", "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes" },
		{ "https://a/.", "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes" },
		{ "https://a/%7Eb", "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes" },
		{ "https://a/b;c", "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *expected = cases[i].fault == NULL ? "" :
		    sp_printf(mem, "conf:1: issuer: %s\n", cases[i].fault);

		CHECK_STR(sp_str(complaints(mem, sp_printf(mem, "issuer = %s\n", cases[i].issuer), NO_ENV)),
		    expected, cases[i].issuer);
	}
	assert_string_equal(complaints(mem, "", NO_ENV), "issuer: required\n");
	assert_string_equal(complaints(mem, "issuer = http://mcp.example.com\ninsecure_http = on\n", NO_ENV), "");
	sp_arena_free(mem);
}

static void
environment_faults(void **state)
{
	static const struct {
		const char *variable, *complaint;
	} cases[] = {
		{ "SALLYPORT_THREADS=9", "" },
		{ "SALLYPORT_PORT=9", "" },
		{ "SALLYPORT_VAR=/x", "" },
		{ "SALLYPORT_PASSWORD=x", "" },
		{ "SALLYPORT_HTTPD=nginx", "" },
		{ "SALLYPORT_TEST_DATABASE=x", "" },
		{ "SALLYPORT_THREADS=", "SALLYPORT_THREADS: not an integer from 1 to 256\n" },
		{ "SALLYPORT_THREADS= 9", "SALLYPORT_THREADS: not an integer from 1 to 256\n" },
		{ "SALLYPORT_THREAD=9", "SALLYPORT_THREAD: unknown setting; did you mean SALLYPORT_THREADS?\n" },
		{ "SALLYPORT_threads=9", "SALLYPORT_threads: unknown setting; did you mean SALLYPORT_THREADS?\n" },
		{ "SALLYPORT_=9", "SALLYPORT_: unknown setting\n" },
		{ "SALLYPORT_SOMETHING_VERY_LONG_THAT_IS_NO_NAME_OF_ANY_SETTING_AT_ALL=9",
		    "SALLYPORT_SOMETHING_VERY_LONG_THAT_IS_NO_NAME_OF_ANY_SETTING_AT_ALL: unknown setting\n" },
		{ "SALLYPORT_LOG_LEVEL=loud", "SALLYPORT_LOG_LEVEL: not one of debug, info, warn, error\n" },
		{ "SALLYPORT_ISSUER=https://b/", "SALLYPORT_ISSUER: has a slash at its end\n" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *const env[] = { (char *)cases[i].variable, NULL };

		CHECK_STR(sp_str(complaints(mem, "issuer = https://a\n", env)), cases[i].complaint, cases[i].variable);
	}
	sp_arena_free(mem);
}

static void
every_fault_is_told(void **state)
{
	char *const env[] = { (char *)"SALLYPORT_MAX_BODY=1", (char *)"SALLYPORT_X=1", NULL };
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings *s = NULL;
	struct sp_buf errors;

	(void)state;
	assert_string_equal(complaints(mem, "threads = x\nfoo\nlog_level = loud\n", env),
	    "conf:1: threads: not an integer from 1 to 256\n"
	    "conf:2: not \"name = value\"\n"
	    "SALLYPORT_MAX_BODY: not an integer from 1024 to 1073741824\n"
	    "SALLYPORT_X: unknown setting\n"
	    "issuer: required\n"
	    "conf:3: log_level: not one of debug, info, warn, error\n");
	/* also when there is no room to tell them */
	sp_buf_init(&errors, mem, 3);
	assert_false(sp_settings_parse(SP_LIT(""), "conf", NO_ENV, &s, &errors));
	assert_null(s);
	sp_arena_free(mem);
}

static void
loading(void **state)
{
	char path[] = "/tmp/sallyport-settings-XXXXXX";
	struct sp_arena *mem = sp_arena_new();
	int fd = mkstemp(path);
	struct sp_settings *s;
	struct sp_buf errors;

	(void)state;
	assert_int_equal(write(fd, "issuer = https://a\nthreads = 5\n", 31), 31);
	setenv("SALLYPORT_CONFIG", path, 1);
	setenv("SALLYPORT_MAX_BODY", "5000", 1);
	sp_buf_init(&errors, mem, 1000);
	assert_true(sp_settings_load(&s, &errors));
	assert_int_equal(s->threads, 5);
	assert_int_equal(s->max_body, 5000);
	sp_settings_free(s);

	setenv("SALLYPORT_CONFIG", "/dev/null", 1);
	setenv("SALLYPORT_ISSUER", "https://b", 1);
	assert_true(sp_settings_load(&s, &errors));
	assert_string_equal(s->issuer, "https://b");
	sp_settings_free(s);

	assert_int_equal(ftruncate(fd, 300 * 1024), 0);
	setenv("SALLYPORT_CONFIG", path, 1);
	assert_false(sp_settings_load(&s, &errors));
	assert_non_null(strstr(sp_buf_view(&errors).p, ": File too large\n"));
	sp_buf_clear(&errors);
	unlink(path);
	assert_false(sp_settings_load(&s, &errors));
	assert_string_equal(errors.p, sp_printf(mem, "%s: No such file or directory\n", path));
	sp_buf_clear(&errors);
	setenv("SALLYPORT_CONFIG", "/", 1);
	assert_false(sp_settings_load(&s, &errors));
	assert_string_equal(errors.p, "/: Is a directory\n");

	unsetenv("SALLYPORT_CONFIG");
	unsetenv("SALLYPORT_ISSUER");
	unsetenv("SALLYPORT_MAX_BODY");
	close(fd);
	sp_arena_free(mem);
}

/* The struct in settings.h has one member for each row of the table, in its order, of its type. */
static void
struct_and_table(void **state)
{
	const char *srcdir = getenv("top_srcdir");
	struct sp_arena *mem = sp_arena_new();
	char line[256], type[32], name[64];
	const struct sp_setting_info *info;
	size_t index = 0;
	FILE *header;

	(void)state;
	if (srcdir == NULL)
		skip();
	header = fopen(sp_printf(mem, "%s/lib/base/settings.h", srcdir), "r");
	assert_non_null(header);
	while (fgets(line, sizeof(line), header) != NULL && strcmp(line, "struct sp_settings {\n") != 0)
		;
	while (fgets(line, sizeof(line), header) != NULL && strcmp(line, "};\n") != 0) {
		if (sscanf(line, " const char *%63[a-z0-9_];", name) == 1)
			snprintf(type, sizeof(type), "text");
		else if (sscanf(line, " int64_t %63[a-z0-9_];", name) == 1)
			snprintf(type, sizeof(type), "integer");
		else if (sscanf(line, " bool %63[a-z0-9_];", name) == 1)
			snprintf(type, sizeof(type), "boolean");
		else
			fail_msg("settings.h: %s", line);
		info = sp_setting_info(index++);
		assert_non_null(info);
		assert_string_equal(name, info->name);
		assert_string_equal(type, info->type);
	}
	assert_null(sp_setting_info(index));
	assert_true(index > 30);
	fclose(header);
	sp_arena_free(mem);
}

static void
values_in_text(void **state)
{
	struct sp_settings *s = parsed("issuer = https://a\nthreads = 5\nregistration = no\n", NO_ENV);
	struct sp_arena *mem = sp_arena_new();
	const struct sp_setting_info *info;

	(void)state;
	for (size_t i = 0; (info = sp_setting_info(i)) != NULL; i++) {
		const char *expected = info->default_text, *got = sp_setting_text(s, i, mem);

		if (strcmp(info->name, "issuer") == 0)
			expected = "https://a";
		else if (strcmp(info->name, "threads") == 0)
			expected = "5";
		else if (strcmp(info->name, "registration") == 0)
			expected = "false";
		CHECK_STR(sp_str(got), expected, info->name);
		CHECK(info->help[0] != '\0' && info->unit != NULL, info->name);
		CHECK(info->secret == (strstr(info->name, "database") != NULL), info->name);
	}
	sp_settings_free(s);
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(sources),
		cmocka_unit_test(file_faults),
		cmocka_unit_test(issuers),
		cmocka_unit_test(environment_faults),
		cmocka_unit_test(every_fault_is_told),
		cmocka_unit_test(loading),
		cmocka_unit_test(struct_and_table),
		cmocka_unit_test(values_in_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
