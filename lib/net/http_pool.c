/* http_pool.c - handles of libcurl with the connections that they keep */
#include "net/http_pool.h"

#include <pthread.h>
#include "base/clock.h"

#define CONNECTIONS_MAX	2L	/* of a handle: its own server, and the one that gives it tokens */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sp_http_handle *idle;	/* the one that came last is first */

static void
start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void
handle_free(struct sp_http_handle *h)
{
	curl_easy_cleanup(h->easy);
	(void)curl_multi_cleanup(h->multi);
	free(h->key);
	free(h->origin);
	free(h->addresses);
	free(h);
}

static char *
copy(const char *text)
{
	char *s = text != NULL ? strdup(text) : NULL;

	if (text != NULL && s == NULL)
		sp_out_of_memory();
	return s;
}

static struct sp_http_handle *
handle_new(const char *key)
{
	struct sp_http_handle *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->multi = curl_multi_init()) == NULL || (h->easy = curl_easy_init()) == NULL)
		sp_out_of_memory();
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	h->key = copy(key);
	return h;
}

/* Under the lock: takes out of the list what is too old, for the caller to free. */
static struct sp_http_handle *
take_old(void)
{
	int64_t before = sp_monotonic_ms() - SP_HTTP_POOL_IDLE_MS;
	struct sp_http_handle **at = &idle, *old;
	size_t kept = 0;

	while (*at != NULL && kept < SP_HTTP_POOL_MAX && (*at)->idle_since >= before) {
		at = &(*at)->next;
		kept++;
	}
	old = *at;		/* and all behind it are older */
	*at = NULL;
	return old;
}

static void
free_all(struct sp_http_handle *list)
{
	struct sp_http_handle *next;

	for (; list != NULL; list = next) {
		next = list->next;
		handle_free(list);
	}
}

struct sp_http_handle *
sp_http_handle_take(const char *key)
{
	struct sp_http_handle **at, *found = NULL, *old;

	pthread_once(&once, start);
	if (key == NULL)
		return handle_new(NULL);
	pthread_mutex_lock(&lock);
	old = take_old();
	for (at = &idle; *at != NULL && found == NULL;) {
		if (strcmp((*at)->key, key) == 0) {
			found = *at;
			*at = found->next;
		} else
			at = &(*at)->next;
	}
	pthread_mutex_unlock(&lock);
	free_all(old);
	return found != NULL ? found : handle_new(key);
}

void
sp_http_handle_give(struct sp_http_handle *h, bool keep)
{
	struct sp_http_handle *old;

	if (h->key == NULL || !keep) {
		handle_free(h);
		return;
	}
	curl_easy_reset(h->easy);		/* pointers into the request, and secrets */
	h->idle_since = sp_monotonic_ms();
	pthread_mutex_lock(&lock);
	h->next = idle;
	idle = h;
	old = take_old();
	pthread_mutex_unlock(&lock);
	free_all(old);
}

void
sp_http_handle_addresses(struct sp_http_handle *h, const char *origin, const char *addresses)
{
	free(h->origin);
	free(h->addresses);
	h->origin = copy(origin);
	h->addresses = copy(addresses);
	h->addresses_until = sp_monotonic_ms() + SP_HTTP_POOL_IDLE_MS;
}
