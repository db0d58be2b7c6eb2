/* resolve.c - the addresses of a host, all of them judged */
#include "net/resolve.h"

#include <netdb.h>
#include <pthread.h>

#include "base/clock.h"
#include "net/guard.h"

#define ADDRESSES_MAX 16	/* more is no honest answer */

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

static struct lookup *
lookup_start(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t steady;
	pthread_t thread;

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
	return l;
}

static bool
wait_ms(struct lookup *l, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!l->finished && pthread_cond_timedwait(&l->done, &l->lock, &until) == 0)
		;
	return l->finished;
}

/* SP_HTTP_ANSWER: it is finished, and to be freed by the caller. */
static enum sp_http_result
lookup_wait(const struct sp_resolve *r, struct lookup *l, const char **why)
{
	int64_t until = sp_monotonic_ms() + r->timeout_ms, left;
	enum sp_http_result result = SP_HTTP_ANSWER;

	pthread_mutex_lock(&l->lock);
	while (result == SP_HTTP_ANSWER && !l->finished) {
		left = until - sp_monotonic_ms();
		if (left <= 0) {
			*why = "the name could not be resolved in time";
			result = SP_HTTP_UNREACHABLE;
		} else if (!wait_ms(l, left < SP_HTTP_GONE_MS ? left : SP_HTTP_GONE_MS) &&
		    r->gone != NULL && r->gone(r->arg)) {
			*why = "stopped while the name was resolved";
			result = SP_HTTP_STOPPED;
		}
	}
	l->abandoned = result != SP_HTTP_ANSWER;
	if (l->abandoned && l->finished) {	/* it came while we gave up, and thinks that it is ours */
		l->abandoned = false;
		pthread_mutex_unlock(&l->lock);
		lookup_free(l);
		return result;
	}
	pthread_mutex_unlock(&l->lock);
	return result;
}

static enum sp_http_result
judge(struct sp_arena *mem, const struct sp_resolve *r, const struct lookup *l, const char **entry,
    const char **why)
{
	char address[NI_MAXHOST];
	unsigned count = 0;
	struct sp_buf b;

	if (l->error != 0) {
		*why = sp_printf(mem, "the host has no address: %s", gai_strerror(l->error));
		return SP_HTTP_UNREACHABLE;
	}
	sp_buf_init(&b, mem, 8192);
	for (const struct addrinfo *a = l->list; a != NULL; a = a->ai_next) {
		if (!sp_guard_permits(a->ai_addr, r->allow)) {
			*why = "an address of the host is not open to outgoing requests";
			return SP_HTTP_REFUSED;
		}
		if (count == ADDRESSES_MAX ||
		    getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		sp_buf_printf(&b, strchr(address, ':') != NULL ? "%s[%s]" : "%s%s", count > 0 ? "," : "", address);
		count++;
	}
	*entry = sp_buf_view(&b).p;
	return SP_HTTP_ANSWER;
}

enum sp_http_result
sp_resolve(struct sp_arena *mem, const struct sp_resolve *r, const char **entry, const char **why)
{
	struct lookup *l = lookup_start(r->host, r->port);
	enum sp_http_result result;

	if (l == NULL) {
		*why = "no thread for resolving the name";
		return SP_HTTP_UNREACHABLE;
	}
	if ((result = lookup_wait(r, l, why)) != SP_HTTP_ANSWER)
		return result;
	result = judge(mem, r, l, entry, why);
	lookup_free(l);
	return result;
}
