/* fetch.c - one outgoing GET to an address that a stranger may have chosen */
#include "net/fetch.h"

#include <curl/curl.h>
#include <netdb.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/guard.h"

#define RESOLVE_MS 2000
#define ADDRESSES_MAX 16	/* more is no honest answer */

struct transfer {
	const struct sp_fetch *fetch;
	struct sp_arena *mem;
	struct sp_buf body;
	struct sp_fetched answer;
	const char *refused;		/* why we ended it; NULL when we did not */
	char error[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void
curl_start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- callbacks of libcurl ---- */

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;

	sp_buf_add(&t->body, bytes, len);
	if (sp_buf_ok(&t->body))
		return len;
	t->refused = sp_printf(t->mem, "the answer is over %zu bytes", t->fetch->max_bytes);
	return 0;
}

static struct sp_str
lower(struct sp_arena *mem, struct sp_str s)
{
	char *copy = sp_cstr(mem, s);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = (char)sp_lower((unsigned char)copy[i]);
	return (struct sp_str){ copy, s.len };
}

/* Cache-Control of a private cache: what is kept is for this installation alone (RFC 9111). */
static int64_t
max_age(struct sp_str value)
{
	int64_t age = -1, n;
	struct sp_str directive;

	while (sp_str_split(&value, ',', &directive)) {
		directive = sp_str_trim(directive, " \t");
		if (sp_str_caseis(directive, "no-store") || sp_str_caseis(directive, "no-cache"))
			return 0;
		if (sp_str_caseis(sp_str_sub(directive, 0, 8), "max-age=") &&
		    sp_str_int64(sp_str_trim(sp_str_sub(directive, 8, directive.len), "\""), 0, INT32_MAX, &n))
			age = n;
	}
	return age;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct sp_str line = { bytes, size * count }, name, value;
	ptrdiff_t colon = sp_str_index(line, ':');

	if (colon > 0) {
		name = sp_str_sub(line, 0, (size_t)colon);
		value = sp_str_trim(sp_str_sub(line, (size_t)colon + 1, line.len), " \t\r\n");
		if (sp_str_caseis(name, "Content-Type")) {
			ptrdiff_t semicolon = sp_str_index(value, ';');

			t->answer.content_type = lower(t->mem, sp_str_trim(semicolon < 0 ? value :
			    sp_str_sub(value, 0, (size_t)semicolon), " \t"));
		} else if (sp_str_caseis(name, "ETag") && value.len <= 200)
			t->answer.etag = sp_str_dup(t->mem, value);
		else if (sp_str_caseis(name, "Cache-Control"))
			t->answer.max_age = max_age(value);
		else if (sp_str_caseis(name, "Content-Encoding") && !sp_str_caseis(value, "identity")) {
			t->refused = "the answer has a content coding";	/* none was asked for */
			return 0;
		}
	}
	return line.len;
}

/* The address that will really be connected to. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !sp_guard_permits(&address->addr, t->fetch->allow)) {
		t->refused = "the address of the host is not open to outgoing requests";
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- resolving ---- */

/* getaddrinfo() knows no time limit: it runs beside us, and whoever is last cleans up. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool finished, abandoned;
	int error;
	struct addrinfo *list;
	char *host, *port;
};

static void
lookup_free(struct lookup *l)
{
	if (l->list != NULL)
		freeaddrinfo(l->list);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->port);
	free(l);
}

static void *
lookup_run(void *arg)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct lookup *l = arg;
	struct addrinfo *list = NULL;
	int error = getaddrinfo(l->host, l->port, &hints, &list);
	bool abandoned;

	pthread_mutex_lock(&l->lock);
	l->error = error;
	l->list = list;
	l->finished = true;
	abandoned = l->abandoned;
	pthread_cond_signal(&l->done);
	pthread_mutex_unlock(&l->lock);
	if (abandoned)
		lookup_free(l);
	return NULL;
}

/* The finished lookup, to be freed by the caller; NULL when it took too long or could not be started. */
static struct lookup *
lookup(const char *host, const char *port, int64_t ms)
{
	struct lookup *l = calloc(1, sizeof(*l));
	struct timespec until;
	pthread_condattr_t steady;
	pthread_t thread;
	bool finished;

	if (l == NULL || (l->host = strdup(host)) == NULL || (l->port = strdup(port)) == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&l->done, &steady);
	pthread_condattr_destroy(&steady);
	if (pthread_create(&thread, NULL, lookup_run, l) != 0) {
		lookup_free(l);
		return NULL;
	}
	pthread_detach(thread);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&l->lock);
	while (!l->finished && pthread_cond_timedwait(&l->done, &l->lock, &until) == 0)
		;
	finished = l->finished;
	l->abandoned = !finished;
	pthread_mutex_unlock(&l->lock);
	return finished ? l : NULL;
}

/* Judges all addresses of the host and writes them as a CURLOPT_RESOLVE entry, "host:port:a,b". */
static enum sp_fetch_result
judge_addresses(struct transfer *t, const struct lookup *l, struct sp_buf *entry, const char **why)
{
	char address[NI_MAXHOST];
	unsigned count = 0;

	if (l->error != 0) {
		*why = sp_printf(t->mem, "the host has no address: %s", gai_strerror(l->error));
		return SP_FETCH_UNREACHABLE;
	}
	sp_buf_printf(entry, "%s:%s:", l->host, l->port);
	for (const struct addrinfo *a = l->list; a != NULL; a = a->ai_next) {
		if (!sp_guard_permits(a->ai_addr, t->fetch->allow)) {
			*why = "an address of the host is not open to outgoing requests";
			return SP_FETCH_REFUSED;
		}
		if (count == ADDRESSES_MAX ||
		    getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		sp_buf_printf(entry, strchr(address, ':') != NULL ? "%s[%s]" : "%s%s", count > 0 ? "," : "", address);
		count++;
	}
	return SP_FETCH_ANSWER;
}

/* What curl makes of the URL's host, so that both speak of the same one; then its addresses. */
static enum sp_fetch_result
resolve(struct transfer *t, const char **entry, const char **why)
{
	enum sp_fetch_result result = SP_FETCH_REFUSED;
	int64_t ms = t->fetch->timeout_ms < RESOLVE_MS ? t->fetch->timeout_ms : RESOLVE_MS;
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL;
	struct lookup *l = NULL;
	struct sp_buf b;

	sp_buf_init(&b, t->mem, 8192);
	if (url == NULL)
		sp_out_of_memory();
	if (curl_url_set(url, CURLUPART_URL, t->fetch->url, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		*why = "not a URL";
	else if (host[0] == '[')
		*why = "an IPv6 literal";	/* nobody's published name */
	else if ((l = lookup(host, port, ms)) == NULL) {
		*why = "the name could not be resolved in time";
		result = SP_FETCH_UNREACHABLE;
	} else
		result = judge_addresses(t, l, &b, why);
	if (l != NULL)
		lookup_free(l);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	*entry = sp_buf_view(&b).p;
	return result;
}

/* ---- the transfer ---- */

static void
set_up(CURL *curl, struct transfer *t, int64_t ms, struct curl_slist *headers, struct curl_slist *pinned)
{
	const struct sp_fetch *f = t->fetch;

	curl_easy_setopt(curl, CURLOPT_URL, f->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, f->http ? "https,http" : "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (f->ca_file != NULL && f->ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, f->ca_file);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ms);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->max_bytes);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "sallyport/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, pinned);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
}

static struct curl_slist *
append(struct curl_slist *list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(list, text);

	if (longer == NULL)
		sp_out_of_memory();
	return longer;
}

/* How it ended; what is wrong with a certificate does not mend itself. */
static enum sp_fetch_result
judge(struct transfer *t, CURLcode code, const char **why)
{
	if (t->refused != NULL) {
		*why = t->refused;
		return SP_FETCH_REFUSED;
	}
	if (code == CURLE_OK)
		return SP_FETCH_ANSWER;
	*why = sp_strdup(t->mem, t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
	switch (code) {
	case CURLE_FILESIZE_EXCEEDED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return SP_FETCH_REFUSED;
	default:
		return SP_FETCH_UNREACHABLE;
	}
}

enum sp_fetch_result
sp_fetch(struct sp_arena *mem, const struct sp_fetch *fetch, struct sp_fetched *out, const char **why)
{
	struct transfer t = { .fetch = fetch, .mem = mem, .answer = { .max_age = -1 } };
	struct curl_slist *headers = NULL, *pinned = NULL;
	int64_t until = sp_monotonic_ms() + fetch->timeout_ms, left;
	enum sp_fetch_result result;
	const char *entry;
	CURLcode code;
	long status = 0;
	CURL *curl;

	pthread_once(&curl_once, curl_start);
	sp_buf_init(&t.body, mem, fetch->max_bytes);
	if ((result = resolve(&t, &entry, why)) != SP_FETCH_ANSWER)
		return result;
	if ((curl = curl_easy_init()) == NULL)
		sp_out_of_memory();
	pinned = append(NULL, entry);
	headers = append(NULL, sp_printf(mem, "Accept: %s", fetch->accept));
	if (fetch->if_none_match != NULL)
		headers = append(headers, sp_printf(mem, "If-None-Match: %s", fetch->if_none_match));
	left = until - sp_monotonic_ms();
	set_up(curl, &t, left > 0 ? left : 1, headers, pinned);	/* 0 would be no limit */
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(pinned);
	if ((result = judge(&t, code, why)) == SP_FETCH_ANSWER) {
		t.answer.status = (int)status;
		t.answer.body = sp_buf_view(&t.body);
		*out = t.answer;
	}
	return result;
}
