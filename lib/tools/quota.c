/* quota.c - how often, and how many at once: counted in PostgreSQL for all processes */
#include "tools/quota.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/queries.h"

#define BLOCK_MAX	64		/* calls that a process takes at once; quota_take() in SQL gives less of small budgets */
#define SLOT_RETRY_MS	1000		/* nobody knows when a call ends */

/* ---- rates in words ---- */

static bool
read_window(struct sp_str text, int64_t *out)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "day", 86400 } };
	size_t digits = 0;
	int64_t n = 1;

	while (digits < text.len && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (digits > 0 && !sp_str_int64(sp_str_sub(text, 0, digits), 1, SP_RATE_WINDOW_MAX, &n))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (sp_str_is(sp_str_sub(text, digits, text.len), units[i].name)) {
			*out = n * units[i].seconds;
			return *out <= SP_RATE_WINDOW_MAX;
		}
	return false;
}

bool
sp_rate_parse(struct sp_str text, struct sp_rate *out)
{
	struct sp_rate rate;
	struct sp_str limit;

	if (sp_str_index(text, '/') < 0 || !sp_str_split(&text, '/', &limit) ||
	    !sp_str_int64(limit, 0, 1000000000, &rate.limit) || !read_window(text, &rate.window_seconds))
		return false;
	*out = rate;
	return true;
}

/* ---- what this process has taken ---- */

/*
 * A key has four places.  One that is pushed out by others loses what it holds,
 * which makes the limit tighter, never wider.
 */
#define WAYS	4
#define SETS	1024
#define STRIPES	32

struct lease {
	uint8_t digest[SP_SHA256_LEN];	/* of key, limit and window */
	int64_t left;
	bool is_exhausted;		/* the database had no more */
	int64_t ends_ms;		/* of the window, monotonic; 0: the place is free */
};

static struct {
	struct lease set[SETS][WAYS];
	pthread_mutex_t lock[STRIPES];
} leases = { .lock = { [0 ... STRIPES - 1] = PTHREAD_MUTEX_INITIALIZER } };

static size_t
set_of(const uint8_t digest[static SP_SHA256_LEN])
{
	return (digest[0] | (size_t)digest[1] << 8) % SETS;
}

/* The lease of this digest, or NULL; the set is locked. */
static struct lease *
find(size_t set, const uint8_t digest[static SP_SHA256_LEN], int64_t now)
{
	for (size_t i = 0; i < WAYS; i++) {
		struct lease *l = &leases.set[set][i];

		if (l->ends_ms > now && memcmp(l->digest, digest, SP_SHA256_LEN) == 0)
			return l;
	}
	return NULL;
}

/* The place that is given up most easily: a free one, else the one that ends first. */
static struct lease *
place(size_t set)
{
	struct lease *l = &leases.set[set][0];

	for (size_t i = 1; i < WAYS; i++)
		if (leases.set[set][i].ends_ms < l->ends_ms)
			l = &leases.set[set][i];
	return l;
}

/* What the process knows without asking; false: nothing. */
static bool
spend(const uint8_t digest[static SP_SHA256_LEN], enum sp_quota *out, int64_t *retry_ms)
{
	int64_t now = sp_monotonic_ms();
	size_t set = set_of(digest);
	struct lease *l;
	bool known;

	pthread_mutex_lock(&leases.lock[set % STRIPES]);
	l = find(set, digest, now);
	known = l != NULL && (l->left > 0 || l->is_exhausted);
	if (known && l->left > 0) {
		l->left--;
		*out = SP_QUOTA_TAKEN;
	} else if (known) {
		*retry_ms = l->ends_ms - now;
		*out = SP_QUOTA_EXHAUSTED;
	}
	pthread_mutex_unlock(&leases.lock[set % STRIPES]);
	return known;
}

/* Keeps what was given; two that asked at once have it together, until the earlier of their ends. */
static void
keep(const uint8_t digest[static SP_SHA256_LEN], int64_t left, bool is_exhausted, int64_t ends_ms)
{
	size_t set = set_of(digest);
	struct lease *l;

	pthread_mutex_lock(&leases.lock[set % STRIPES]);
	if ((l = find(set, digest, sp_monotonic_ms())) != NULL) {
		l->left += left;
		l->is_exhausted = l->is_exhausted || is_exhausted;
		if (ends_ms < l->ends_ms)
			l->ends_ms = ends_ms;
	} else {
		l = place(set);
		memcpy(l->digest, digest, SP_SHA256_LEN);
		l->left = left;
		l->is_exhausted = is_exhausted;
		l->ends_ms = ends_ms;
	}
	pthread_mutex_unlock(&leases.lock[set % STRIPES]);
}

/* ---- rates ---- */

/* The row is of the key and the window; a limit that was changed goes on counting in it. */
static struct sp_str
row_key(struct sp_arena *mem, struct sp_str key, const struct sp_rate *rate)
{
	return sp_str(sp_printf(mem, "%.*s /%lld", SP_FMT(key), (long long)rate->window_seconds));
}

static void
lease_digest(struct sp_arena *mem, struct sp_str row, const struct sp_rate *rate, uint8_t out[static SP_SHA256_LEN])
{
	sp_sha256(sp_str(sp_printf(mem, "%lld %.*s", (long long)rate->limit, SP_FMT(row))), out);
}

enum sp_quota
sp_quota_take(struct sp_request *req, struct sp_str key, const struct sp_rate *rate, int64_t *retry_ms)
{
	struct given { int64_t given, left_ms; } given;
	static const struct sp_column columns[] = {
		{ "given", SP_COL_INT, offsetof(struct given, given) },
		{ "left_ms", SP_COL_INT, offsetof(struct given, left_ms) },
		{ NULL }
	};
	struct sp_str row = row_key(req->mem, key, rate);
	uint8_t digest[SP_SHA256_LEN];
	enum sp_quota known;
	int64_t before_ms;

	lease_digest(req->mem, row, rate, digest);
	if (!req->is_cgi && spend(digest, &known, retry_ms))
		return known;
	before_ms = sp_monotonic_ms();	/* so that our end of the window is not behind the database's */
	if (sp_db_row(&req->db, &sp_q_quota_take, SP_PARAMS(SP_P_STR(row), SP_P_INT(rate->limit),
	    SP_P_INT(rate->window_seconds), SP_P_INT(req->is_cgi ? 1 : BLOCK_MAX)), columns, &given) != SP_DB_ROW)
		return SP_QUOTA_FAILED;
	if (!req->is_cgi)
		keep(digest, given.given > 0 ? given.given - 1 : 0, given.given == 0, before_ms + given.left_ms);
	*retry_ms = given.left_ms;
	return given.given > 0 ? SP_QUOTA_TAKEN : SP_QUOTA_EXHAUSTED;
}

void
sp_quota_give_back(const struct sp_request *req, struct sp_str key, const struct sp_rate *rate)
{
	uint8_t digest[SP_SHA256_LEN];
	struct lease *l;
	size_t set;

	lease_digest(req->mem, row_key(req->mem, key, rate), rate, digest);
	set = set_of(digest);
	pthread_mutex_lock(&leases.lock[set % STRIPES]);
	if ((l = find(set, digest, sp_monotonic_ms())) != NULL)
		l->left++;
	pthread_mutex_unlock(&leases.lock[set % STRIPES]);
}

/* ---- slots ---- */

enum sp_quota
sp_slot_take(struct sp_request *req, struct sp_str key, int64_t limit, int64_t lease_ms, struct sp_slot *out,
    int64_t *retry_ms)
{
	struct taken { bool taken; } row;
	static const struct sp_column columns[] = { { "taken", SP_COL_BOOL, offsetof(struct taken, taken) }, { NULL } };
	struct sp_str slot = sp_random_uuid(req->mem);

	if (sp_db_row(&req->db, &sp_q_quota_slot_take, SP_PARAMS(SP_P_STR(key), SP_P_STR(slot), SP_P_INT(limit),
	    SP_P_INT(lease_ms)), columns, &row) != SP_DB_ROW)
		return SP_QUOTA_FAILED;
	*retry_ms = SLOT_RETRY_MS;
	if (!row.taken)
		return SP_QUOTA_EXHAUSTED;
	out->slot = slot;
	return SP_QUOTA_TAKEN;
}

void
sp_slot_release(struct sp_request *req, struct sp_slot *slot)
{
	if (slot->slot.p == NULL)
		return;
	if (!sp_db_do(&req->db, &sp_q_quota_slot_release, SP_PARAMS(SP_P_STR(slot->slot)), NULL))
		sp_log(SP_WARN, "a slot is free when its lease ends", SP_L("request", req->id));
	slot->slot = (struct sp_str){ NULL, 0 };
}
