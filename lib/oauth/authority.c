/* authority.c - what a worker knows by heart: signing keys, resources, revocations */
#include "oauth/authority.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/listen.h"
#include "db/queries.h"
#include "oauth/revocations.h"

/*
 * A snapshot is never edited.  The process holds one reference, each request
 * that looked at it another; the last one frees it.
 */
struct snapshot {
	unsigned refs;
	struct sp_arena *mem;
	struct sp_keyset *keys;			/* NULL: not loaded */
	struct sp_resources resources;
	bool have_resources;
};

struct sp_authority {
	struct sp_process *process;
	struct sp_listener *_Atomic listener;	/* NULL in CGI, and when the first hook runs very early */
	sp_authority_hook *hook;
	void *hook_arg;
	struct sp_revocations *revocations;
	int64_t revocations_at;			/* when they were loaded, monotonic ms; the listener's */
	struct versions {
		int64_t keys, catalog;
	} versions;				/* of what `now` was made; the listener's */
	pthread_mutex_t lock;			/* of the two below */
	struct snapshot *now;			/* NULL until the database was reached */
	uint64_t generation;
};

/* How far behind the notifications may be before the database is asked: promise P4. */
#define LAG_MAX_MS 1000
/* How often the version row is read where LISTEN is not possible. */
#define POLL_MS 500
/* The channel of what every program wants to hear of. */
#define EVERYBODY "sallyport"
/* What has expired meanwhile is forgotten so often, or the set would only grow. */
#define RELOAD_MS (60 * 60 * 1000)
/* Bytes of what is revoked: a letter and an identifier of ours, which is a UUID or as long as one. */
#define KEY_MAX 256

static void
snapshot_release(struct sp_authority *a, struct snapshot *s)
{
	unsigned left;

	pthread_mutex_lock(&a->lock);
	left = --s->refs;
	pthread_mutex_unlock(&a->lock);
	if (left == 0) {
		sp_keyset_unref(s->keys);
		sp_arena_free(s->mem);
		free(s);
	}
}

/* ---- loading ---- */

struct key_row {
	const char *kid, *alg, *state;
	struct sp_str public_jwk, private_sealed;
};

static const struct sp_column key_columns[] = {
	{ "kid", SP_COL_TEXT, offsetof(struct key_row, kid) },
	{ "alg", SP_COL_TEXT, offsetof(struct key_row, alg) },
	{ "state", SP_COL_TEXT, offsetof(struct key_row, state) },
	{ "public_jwk", SP_COL_STR, offsetof(struct key_row, public_jwk) },
	{ "private_sealed", SP_COL_BYTES, offsetof(struct key_row, private_sealed) },
	{ NULL }
};

static bool
load_keys(struct sp_process *process, struct sp_db *db, struct sp_keyset **out)
{
	struct sp_keyset_row *row;
	struct key_row *k;
	const char *why;
	void *rows;
	size_t count;

	switch (sp_db_rows(db, &sp_q_signing_keys, SP_NO_PARAMS, key_columns, sizeof(*k), &rows, &count)) {
	case SP_DB_FAILED:
		return false;
	case SP_DB_NO_ROW:
		sp_log(SP_ERROR, "keys", SP_L("problem", "there is no signing key: run `sallyport key rotate`"));
		return false;
	case SP_DB_ROW:
		break;
	}
	row = sp_alloc_array(db->mem, count, sizeof(*row));
	k = rows;
	for (size_t i = 0; i < count; i++)
		row[i] = (struct sp_keyset_row){ sp_str(k[i].kid), sp_str(k[i].alg), sp_str(k[i].state),
		    k[i].public_jwk, k[i].private_sealed };
	/* a program without the master key (well-known) takes the public parts only */
	if (!sp_keyset_build(db->mem, process->keyring, row, count, out, &why)) {
		sp_log(SP_ERROR, "keys", SP_L("problem", why));
		return false;
	}
	return true;
}

/* A new snapshot with what could be loaded; NULL when the database failed. */
static struct snapshot *
load(struct sp_authority *a, struct sp_db *db, bool keys, bool resources)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		sp_out_of_memory();
	s->refs = 1;
	s->mem = sp_arena_new();
	s->have_resources = resources;
	if ((!keys || load_keys(a->process, db, &s->keys)) &&
	    (!resources || sp_resources_load(db, s->mem, a->process->settings->issuer, &s->resources)))
		return s;
	snapshot_release(a, s);
	return NULL;
}

static void
install(struct sp_authority *a, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&a->lock);
	old = a->now;
	a->now = s;
	a->generation++;
	pthread_mutex_unlock(&a->lock);
	if (old != NULL)
		snapshot_release(a, old);
}

struct revocation_row {
	struct sp_str key;
};

static const struct sp_column revocation_columns[] = {
	{ "key", SP_COL_STR, offsetof(struct revocation_row, key) },
	{ NULL }
};

static void
load_revocations(struct sp_authority *a, struct sp_db *db)
{
	struct sp_revocations *fresh;
	struct revocation_row *row;
	void *rows;
	size_t count;

	switch (sp_db_rows(db, &sp_q_revocations, SP_NO_PARAMS, revocation_columns, sizeof(*row), &rows, &count)) {
	case SP_DB_FAILED:
		return;		/* the listener's lag tells; requests ask the database */
	case SP_DB_NO_ROW:
		count = 0;
		rows = NULL;
		break;
	case SP_DB_ROW:
		break;
	}
	a->revocations_at = sp_monotonic_ms();
	fresh = sp_revocations_new();
	row = rows;
	for (size_t i = 0; i < count; i++)
		sp_revocations_add(fresh, row[i].key);
	sp_revocations_replace(a->revocations, fresh);
}

static const struct sp_column versions_columns[] = {
	{ "keys", SP_COL_INT, offsetof(struct versions, keys) },
	{ "catalog", SP_COL_INT, offsetof(struct versions, catalog) },
	{ NULL }
};

/* Takes in what has changed since the last time, if anything has. */
static void
catch_up(struct sp_authority *a, struct sp_db *db)
{
	struct versions versions;
	struct snapshot *s;

	/* the versions first: a change in between is seen again, not missed */
	if (sp_db_row(db, &sp_q_versions, SP_NO_PARAMS, versions_columns, &versions) != SP_DB_ROW ||
	    (a->now != NULL && versions.keys == a->versions.keys && versions.catalog == a->versions.catalog) ||
	    (s = load(a, db, true, true)) == NULL)
		return;
	a->versions = versions;
	install(a, s);
}

/* ---- the listener's thread ---- */

static void
on_notification(void *arg, struct sp_db *db, const char *channel, const char *payload)
{
	struct sp_authority *a = arg;
	const char *what = channel != NULL ? payload : NULL;

	if (what != NULL && sp_str_starts(sp_str(what), "revoked ")) {
		sp_revocations_add(a->revocations, sp_str(what + strlen("revoked ")));
		if (sp_monotonic_ms() - a->revocations_at > RELOAD_MS)
			load_revocations(a, db);
	} else if (what == NULL) {
		load_revocations(a, db);
		catch_up(a, db);
	} else if (strcmp(channel, EVERYBODY) == 0) {
		catch_up(a, db);
	}
	if (a->hook != NULL)
		a->hook(a->hook_arg, db, what);
}

bool
sp_authority_start(struct sp_process *process, sp_authority_hook *hook, void *arg,
    struct sp_authority **out)
{
	/* what only streams want to hear of may be much, and wakes nobody else */
	static const char *const channels[] = { EVERYBODY, "sallyport_mcp", NULL }, *const one[] = { EVERYBODY, NULL };
	struct sp_authority *a = calloc(1, sizeof(*a));

	if (a == NULL)
		sp_out_of_memory();
	a->process = process;
	a->hook = hook;
	a->hook_arg = arg;
	a->revocations = sp_revocations_new();
	pthread_mutex_init(&a->lock, NULL);
	*out = a;		/* before the hook can run */
	if (!process->is_cgi)
		a->listener = sp_listener_start(process->settings, process->program->name,
		    hook != NULL ? channels : one, POLL_MS, on_notification, a);
	return true;
}

void
sp_authority_stop(struct sp_authority *a)
{
	if (a == NULL)
		return;
	if (a->listener != NULL)
		sp_listener_stop(a->listener);
	if (a->now != NULL)
		snapshot_release(a, a->now);
	sp_revocations_free(a->revocations);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

bool
sp_authority_program_start(struct sp_process *process)
{
	struct sp_authority *a;

	if (!sp_authority_start(process, NULL, NULL, &a))
		return false;
	process->state = a;
	return true;
}

void
sp_authority_program_stop(struct sp_process *process)
{
	sp_authority_stop(process->state);
}

/* ---- requests ---- */

struct hold {
	struct sp_authority *authority;
	struct snapshot *snapshot;
};

static void
hold_release(void *arg)
{
	struct hold *hold = arg;

	snapshot_release(hold->authority, hold->snapshot);
}

static void
hold_for(struct sp_request *req, struct sp_authority *a, struct snapshot *s)
{
	struct hold *hold = sp_alloc(req->mem, sizeof(*hold));

	*hold = (struct hold){ a, s };
	sp_arena_defer(req->mem, hold_release, hold);
}

/* The process's snapshot if it has what is wanted, else one loaded now. */
static struct snapshot *
snapshot_for(struct sp_request *req, struct sp_authority *a, bool keys, bool resources)
{
	struct snapshot *s;

	pthread_mutex_lock(&a->lock);
	s = a->now;
	if (s != NULL && (!keys || s->keys != NULL) && (!resources || s->have_resources)) {
		s->refs++;
		pthread_mutex_unlock(&a->lock);
		hold_for(req, a, s);
		return s;
	}
	pthread_mutex_unlock(&a->lock);
	if ((s = load(a, &req->db, keys, resources)) == NULL) {
		(void)sp_fail_db(req);
		return NULL;
	}
	hold_for(req, a, s);
	return s;
}

bool
sp_authority_keys(struct sp_request *req, struct sp_authority *a, const struct sp_keyset **out)
{
	struct snapshot *s = snapshot_for(req, a, true, false);

	if (s == NULL)
		return false;
	*out = s->keys;
	return true;
}

bool
sp_authority_resources(struct sp_request *req, struct sp_authority *a, const struct sp_resources **out)
{
	struct snapshot *s = snapshot_for(req, a, false, true);

	if (s == NULL)
		return false;
	*out = &s->resources;
	return true;
}

/* An id that is none of ours, and too long for the set, is not in it. */
static bool
is_in_set(struct sp_authority *a, const char *prefix, struct sp_str id)
{
	char key[KEY_MAX];
	struct sp_buf b;

	sp_buf_fixed(&b, key, sizeof(key));
	sp_buf_cstr(&b, prefix);
	sp_buf_str(&b, id);
	return sp_buf_ok(&b) && sp_revocations_have(a->revocations, sp_buf_view(&b));
}

bool
sp_authority_heard_revoked(struct sp_authority *a, struct sp_str grant_id, struct sp_str jti)
{
	return is_in_set(a, "g:", grant_id) || is_in_set(a, "j:", jti);
}

struct revoked_row {
	bool revoked;
};

static const struct sp_column revoked_columns[] = {
	{ "revoked", SP_COL_BOOL, offsetof(struct revoked_row, revoked) },
	{ NULL }
};

bool
sp_authority_revoked(struct sp_request *req, struct sp_authority *a, struct sp_str grant_id,
    struct sp_str jti, bool *revoked)
{
	struct revoked_row row = { true };

	if (a->listener != NULL && sp_listener_lag_ms(a->listener) <= LAG_MAX_MS) {
		*revoked = sp_authority_heard_revoked(a, grant_id, jti);
		return true;
	}
	if (sp_db_row(&req->db, &sp_q_token_revoked, SP_PARAMS(SP_P_STR(grant_id), SP_P_STR(jti)),
	    revoked_columns, &row) == SP_DB_FAILED)
		return sp_fail_db(req);
	*revoked = row.revoked;
	return true;
}

bool
sp_authority_listens(const struct sp_authority *a)
{
	return a->listener != NULL && sp_listener_listens(a->listener);
}

uint64_t
sp_authority_generation(struct sp_authority *a)
{
	uint64_t generation;

	pthread_mutex_lock(&a->lock);
	generation = a->generation;
	pthread_mutex_unlock(&a->lock);
	return generation;
}
