/* http.c - one outgoing HTTP request */
#include "net/http.h"

#include <unistd.h>
#include "base/clock.h"
#include "net/guard.h"
#include "net/http_pool.h"
#include "net/resolve.h"

#define RESOLVE_MS	2000
#define FIELDS_BYTES	((size_t)64 * 1024)	/* of an answer's header section */

struct transfer {
	const struct sp_http *http;
	struct sp_arena *mem;
	struct sp_http_answer *answer;
	struct sp_buf body;
	size_t body_bytes, field_bytes;
	int64_t heard_ms;		/* when the last byte came */
	int64_t asked_ms;		/* when gone() was asked last */
	bool has_status;		/* of the final answer, not a 1xx */
	enum sp_http_result ended;	/* why we ended it; SP_HTTP_ANSWER when we did not */
	const char *why;
	char error[CURL_ERROR_SIZE];
};

static size_t
end(struct transfer *t, enum sp_http_result result, const char *why)
{
	if (t->ended == SP_HTTP_ANSWER) {
		t->ended = result;
		t->why = why;
	}
	return 0;
}

/* ---- callbacks of libcurl ---- */

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;

	t->heard_ms = sp_monotonic_ms();
	t->body_bytes += len;
	if (t->body_bytes > t->http->max_bytes)
		return end(t, SP_HTTP_TOO_LARGE, sp_printf(t->mem, "the answer is over %zu bytes", t->http->max_bytes));
	if (t->http->piece == NULL)
		sp_buf_add(&t->body, bytes, len);
	else if (!t->http->piece(t->http->arg, t->answer, (struct sp_str){ bytes, len }))
		return end(t, SP_HTTP_STOPPED, "stopped in the body");
	return len;
}

static struct sp_str
media_type(struct sp_arena *mem, struct sp_str value)
{
	ptrdiff_t semicolon = sp_str_index(value, ';');
	struct sp_str type = sp_str_trim(semicolon < 0 ? value : sp_str_sub(value, 0, (size_t)semicolon), " \t");
	char *copy = sp_cstr(mem, type);

	for (size_t i = 0; i < type.len; i++)
		copy[i] = (char)sp_lower((unsigned char)copy[i]);
	return (struct sp_str){ copy, type.len };
}

/* An interim answer, and the one behind it, begin with a status line. */
static void
begin_answer(struct transfer *t, struct sp_str line)
{
	struct sp_str word;
	int64_t status;

	(void)sp_str_split(&line, ' ', &word);
	if (!sp_str_int64(sp_str_sub(sp_str_trim(line, " "), 0, 3), 100, 999, &status))
		status = 0;
	*t->answer = (struct sp_http_answer){ .status = (int)status };
	t->has_status = status >= 200;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct sp_str line = { bytes, size * count }, name, value;
	ptrdiff_t colon = sp_str_index(line, ':');
	struct sp_http_answer *a = t->answer;

	t->heard_ms = sp_monotonic_ms();
	t->field_bytes += line.len;
	if (t->field_bytes > FIELDS_BYTES)
		return end(t, SP_HTTP_TOO_LARGE, "the header section of the answer is too large");
	if (sp_str_starts(line, "HTTP/")) {
		begin_answer(t, line);
		return line.len;
	}
	if (colon <= 0)
		return line.len;
	name = sp_str_sub(line, 0, (size_t)colon);
	value = sp_str_trim(sp_str_sub(line, (size_t)colon + 1, line.len), " \t\r\n");
	if (sp_str_caseis(name, "Content-Encoding") && !sp_str_caseis(value, "identity"))
		return end(t, SP_HTTP_CODED, "the answer has a content coding");	/* none was asked for */
	if (a->field_count == SP_HTTP_FIELDS_MAX)
		return end(t, SP_HTTP_TOO_LARGE, "the answer has too many header fields");
	a->fields[a->field_count++] = (struct sp_http_field){ sp_cstr(t->mem, name), sp_str_dup(t->mem, value) };
	if (sp_str_caseis(name, "Content-Type"))
		a->content_type = media_type(t->mem, value);
	return line.len;
}

static const char *
allowed(const struct sp_http *http)
{
	return http->allow != NULL ? http->allow : "";
}

/* The address that will really be connected to. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !sp_guard_permits(&address->addr, allowed(t->http))) {
		(void)end(t, SP_HTTP_REFUSED, "the address of the host is not open to outgoing requests");
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- where to ---- */

struct target {
	char *host, *port;
};

static void
target_free(struct target *to)
{
	curl_free(to->host);
	curl_free(to->port);
}

/* What curl makes of the URL, so that both speak of the same host. */
static bool
read_url(const struct sp_http *http, struct target *to, const char **why)
{
	CURLU *url = curl_url();
	char *scheme = NULL;
	bool ok = false;

	if (url == NULL)
		sp_out_of_memory();
	if (curl_url_set(url, CURLUPART_URL, http->url, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &to->host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &to->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		*why = "not a URL";
	else if (strcmp(scheme, "https") != 0 && !(http->http && strcmp(scheme, "http") == 0))
		*why = http->http ? "neither https nor http" : "not https";
	else
		ok = true;
	curl_free(scheme);
	curl_url_cleanup(url);
	return ok;
}

/* A name's addresses are judged here; an IPv6 literal has no others, and is judged at its socket. */
static enum sp_http_result
locate(struct transfer *t, struct sp_http_handle *h, const struct target *to, const char **pinned)
{
	const struct sp_http *http = t->http;
	const char *origin, *addresses;
	enum sp_http_result result;

	*pinned = NULL;
	if (to->host[0] == '[')
		return SP_HTTP_ANSWER;
	origin = sp_printf(t->mem, "%s:%s", to->host, to->port);
	if (h->origin != NULL && strcmp(h->origin, origin) == 0 && sp_monotonic_ms() < h->addresses_until)
		addresses = h->addresses;
	else {
		result = sp_resolve(t->mem, &(struct sp_resolve){ .host = to->host, .port = to->port,
		    .allow = allowed(http), .gone = http->gone, .arg = http->arg,
		    .timeout_ms = http->timeout_ms < RESOLVE_MS ? http->timeout_ms : RESOLVE_MS }, &addresses, &t->why);
		if (result != SP_HTTP_ANSWER)
			return result;
		sp_http_handle_addresses(h, origin, addresses);
	}
	*pinned = sp_printf(t->mem, "%s:%s", origin, addresses);
	return SP_HTTP_ANSWER;
}

/* ---- the transfer ---- */

static struct curl_slist *
append(struct curl_slist *list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(list, text);

	if (longer == NULL)
		sp_out_of_memory();
	return longer;
}

static bool
is_field(const struct sp_http_field *field)
{
	struct sp_str name = sp_str(field->name);
	bool ok = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		ok = ok && sp_is_tchar((unsigned char)name.p[i]);
	for (size_t i = 0; i < field->value.len; i++)
		ok = ok && (unsigned char)field->value.p[i] >= ' ' && field->value.p[i] != 0x7f;
	return ok;
}

/* Without what curl would add of its own. */
static bool
make_fields(struct transfer *t, struct curl_slist **out)
{
	struct curl_slist *list = append(append(NULL, "Expect:"), "Content-Type:");

	for (size_t i = 0; i < t->http->field_count; i++) {
		const struct sp_http_field *f = &t->http->fields[i];

		if (!is_field(f)) {
			curl_slist_free_all(list);
			t->why = "a header field with a character that has no place there";
			return false;
		}
		/* curl's way to write an empty one */
		list = append(list, f->value.len > 0 ? sp_printf(t->mem, "%s: %.*s", f->name, SP_FMT(f->value)) :
		    sp_printf(t->mem, "%s;", f->name));
	}
	*out = list;
	return true;
}

static void
set_method(CURL *curl, const struct sp_http *http)
{
	const char *method = http->method != NULL ? http->method : "GET";

	if (http->body.p != NULL) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)http->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, http->body.p);
	} else if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (strcmp(method, "HEAD") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void
set_up(CURL *curl, struct transfer *t, struct curl_slist *fields, struct curl_slist *pinned)
{
	const struct sp_http *http = t->http;

	curl_easy_setopt(curl, CURLOPT_URL, http->url);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, http->http ? "https,http" : "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (http->ca_file != NULL && http->ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
	if (!http->repeatable)
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->max_bytes);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "sallyport/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, pinned);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	set_method(curl, http);
}

/* How long to wait for something to happen; 0: no longer. */
static int
patience(struct transfer *t, int64_t until)
{
	const struct sp_http *http = t->http;
	int64_t now = sp_monotonic_ms(), left = until - now, next;

	if (http->idle_ms > 0 && http->idle_ms - (now - t->heard_ms) < left)
		left = http->idle_ms - (now - t->heard_ms);
	if (left <= 0) {
		(void)end(t, SP_HTTP_TIMEOUT, now >= until ? "no whole answer in time" : "the server fell silent");
		return 0;
	}
	if (http->gone == NULL)
		return (int)(left < 60000 ? left : 60000);
	if (now - t->asked_ms >= SP_HTTP_GONE_MS) {
		t->asked_ms = now;
		if (http->gone(http->arg)) {
			(void)end(t, SP_HTTP_STOPPED, "stopped while waiting for the answer");
			return 0;
		}
	}
	next = t->asked_ms + SP_HTTP_GONE_MS - now;
	return (int)(left < next ? left : next);
}

/* CURLE_OK with t->ended set when we ended it. */
static CURLcode
perform(struct transfer *t, struct sp_http_handle *h, int64_t until)
{
	CURLcode code = CURLE_OK;
	const CURLMsg *message;
	int running = 1, left, ms;

	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	t->heard_ms = t->asked_ms = sp_monotonic_ms();
	while (curl_multi_perform(h->multi, &running) == CURLM_OK && running > 0 && (ms = patience(t, until)) > 0)
		(void)curl_multi_poll(h->multi, NULL, 0, ms, NULL);
	while ((message = curl_multi_info_read(h->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	(void)curl_multi_remove_handle(h->multi, h->easy);	/* closes a connection in the middle of an answer */
	if (running > 0 && t->ended == SP_HTTP_ANSWER)
		code = CURLE_RECV_ERROR;
	return code;
}

/* What is wrong with a certificate does not mend itself. */
static enum sp_http_result
judge(struct transfer *t, CURLcode code, long connected)
{
	if (t->ended != SP_HTTP_ANSWER)
		return t->ended;
	if (code == CURLE_OK && t->has_status)
		return SP_HTTP_ANSWER;
	t->why = code == CURLE_OK ? "no answer" :
	    sp_strdup(t->mem, t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
	switch (code) {
	case CURLE_FILESIZE_EXCEEDED:
		t->why = sp_printf(t->mem, "the answer is over %zu bytes", t->http->max_bytes);
		return SP_HTTP_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_URL_MALFORMAT:
		return SP_HTTP_REFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return SP_HTTP_UNREACHABLE;
	default:
		return connected > 0 || t->body_bytes > 0 || t->field_bytes > 0 ? SP_HTTP_BROKEN : SP_HTTP_UNREACHABLE;
	}
}

static enum sp_http_result
transfer(struct transfer *t, struct sp_http_handle *h, int64_t until, const char *pinned)
{
	struct curl_slist *fields, *pin = pinned != NULL ? append(NULL, pinned) : NULL;
	enum sp_http_result result = SP_HTTP_REFUSED;
	long request_size = 0;
	CURLcode code;

	if (make_fields(t, &fields)) {
		set_up(h->easy, t, fields, pin);
		code = perform(t, h, until);
		(void)curl_easy_getinfo(h->easy, CURLINFO_REQUEST_SIZE, &request_size);
		result = judge(t, code, request_size);
		curl_slist_free_all(fields);
	}
	curl_slist_free_all(pin);
	return result;
}

/* Requests that may share connections have the same key. */
static const char *
pool_key(struct sp_arena *mem, const struct sp_http *http)
{
	return http->pool == NULL ? NULL : sp_printf(mem, "%s\n%s\n%s", http->pool, allowed(http),
	    http->ca_file != NULL ? http->ca_file : "");
}

enum sp_http_result
sp_http(struct sp_arena *mem, const struct sp_http *http, struct sp_http_answer *out, const char **why)
{
	struct transfer t = { .http = http, .mem = mem, .answer = out };
	int64_t until = sp_monotonic_ms() + http->timeout_ms;
	struct target to = { NULL, NULL };
	struct sp_http_handle *h;
	enum sp_http_result result = SP_HTTP_REFUSED;
	const char *pinned;

	*out = (struct sp_http_answer){ 0 };
	sp_buf_init(&t.body, mem, http->max_bytes);
	h = sp_http_handle_take(pool_key(mem, http));
	if (read_url(http, &to, &t.why) && (result = locate(&t, h, &to, &pinned)) == SP_HTTP_ANSWER)
		result = transfer(&t, h, until, pinned);
	target_free(&to);
	/* the addresses may be why nobody is there */
	sp_http_handle_give(h, result != SP_HTTP_UNREACHABLE);
	out->body = sp_buf_view(&t.body);
	if (result != SP_HTTP_ANSWER)
		*why = t.why;
	return result;
}

struct sp_str
sp_http_field(const struct sp_http_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->field_count; i++)
		if (sp_str_caseis(sp_str(answer->fields[i].name), name))
			return answer->fields[i].value;
	return (struct sp_str){ NULL, 0 };
}

int64_t
sp_http_retry_after(const struct sp_http_answer *answer)
{
	struct sp_str text = sp_http_field(answer, "Retry-After");
	char date[64];
	int64_t seconds;

	if (sp_str_int64(text, 0, INT32_MAX, &seconds))
		return seconds * 1000;
	if (text.len == 0 || text.len >= sizeof(date))
		return -1;
	memcpy(date, text.p, text.len);
	date[text.len] = '\0';
	seconds = (int64_t)curl_getdate(date, NULL);
	if (seconds < 0)
		return -1;
	seconds -= sp_now_seconds();
	return seconds > 0 ? seconds * 1000 : 0;
}
