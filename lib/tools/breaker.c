/* breaker.c - a service that fails is left alone for a while */
#include "tools/breaker.h"

#include <pthread.h>
#include "base/arena.h"
#include "base/clock.h"

/* One for each service that ever failed in this process; a catalog has not many. */
struct state {
	struct state *next;
	int64_t failures, open_until;
	bool on_trial;			/* the one request after a pause is under way */
	char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct state *states;

static struct state *
find(const char *name)
{
	struct state *s = states;

	while (s != NULL && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

static struct state *
make(const char *name)
{
	struct state *s = find(name);
	size_t len = strlen(name) + 1;

	if (s != NULL)
		return s;
	if ((s = calloc(1, sizeof(*s) + len)) == NULL)
		sp_out_of_memory();
	memcpy(s->name, name, len);
	s->next = states;
	states = s;
	return s;
}

bool
sp_breaker_enter(const struct sp_breaker *b, int64_t *retry_ms)
{
	int64_t now = sp_monotonic_ms();
	struct state *s;
	bool ok = true;

	if (b->failures == 0)
		return true;
	pthread_mutex_lock(&lock);
	s = find(b->name);
	if (s != NULL && s->failures >= b->failures) {
		ok = now >= s->open_until && !s->on_trial;
		s->on_trial = s->on_trial || ok;
		*retry_ms = now < s->open_until ? s->open_until - now : 1000;
	}
	pthread_mutex_unlock(&lock);
	return ok;
}

void
sp_breaker_leave(const struct sp_breaker *b, bool failed)
{
	struct state *s;

	if (b->failures == 0)
		return;
	pthread_mutex_lock(&lock);
	s = failed ? make(b->name) : find(b->name);
	if (s != NULL) {
		s->on_trial = false;
		s->failures = failed ? s->failures + 1 : 0;
		if (s->failures >= b->failures)
			s->open_until = sp_monotonic_ms() + b->pause_ms;
	}
	pthread_mutex_unlock(&lock);
}

void
sp_breaker_abandon(const struct sp_breaker *b)
{
	struct state *s;

	pthread_mutex_lock(&lock);
	if ((s = find(b->name)) != NULL)
		s->on_trial = false;
	pthread_mutex_unlock(&lock);
}
