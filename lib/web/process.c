/* process.c - snapshots of what a process knows, counted */
#include <pthread.h>
#include <stdatomic.h>
#include "base/log.h"
#include "web/process.h"
#include "web/template.h"

/*
 * Only a program whose handlers use the database or the keyring contains them.
 * The others are not linked with libpq and OpenSSL, which is most of what
 * starting a CGI program costs.
 */
#pragma weak sp_db_pool_new
#pragma weak sp_db_pool_free
#pragma weak sp_db_begin
#pragma weak sp_db_do
#pragma weak sp_db_end
#pragma weak sp_keyring_load
#pragma weak sp_keyring_free

struct snapshot {
	struct sp_process process;	/* first, so that one pointer is both */
	unsigned holders;		/* under the lock */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct snapshot *first, *present;
static atomic_uint generation;

static void
use_log_level(const struct sp_settings *settings)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (int level = SP_DEBUG; level <= SP_ERROR; level++)
		if (strcmp(settings->log_level, names[level]) == 0)
			sp_log_threshold((enum sp_log_level)level);
}

static void
snapshot_free(struct snapshot *s)
{
	if (s->process.templates != NULL)
		sp_templates_free(s->process.templates);
	if (s->process.keyring != NULL)
		sp_keyring_free(s->process.keyring);
	if (s->process.settings != NULL)
		sp_settings_free(s->process.settings);
	free(s);
}

/* Settings, and the keyring and templates that they name; every fault, not only the first. */
static struct snapshot *
snapshot_load(const struct sp_program *program, bool is_cgi, struct sp_buf *errors)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	const char *why;
	bool good = true;

	if (s == NULL)
		sp_out_of_memory();
	s->process.program = program;
	s->process.is_cgi = is_cgi;
	if (!sp_settings_load(&s->process.settings, errors)) {
		snapshot_free(s);
		return NULL;
	}
	if ((program->needs & SP_NEED_KEYRING) != 0) {
		if (sp_keyring_load == NULL || sp_keyring_free == NULL) {
			sp_buf_cstr(errors, "this program was built without a keyring\n");
			good = false;
		} else if (!sp_keyring_load(s->process.settings->master_key_file,
		    &s->process.keyring, &why)) {
			sp_buf_printf(errors, "master_key_file %s: %s\n",
			    s->process.settings->master_key_file, why);
			good = false;
		}
	}
	if ((program->needs & SP_NEED_TEMPLATES) != 0 &&
	    !sp_templates_load(s->process.settings->template_dir, &s->process.templates, errors))
		good = false;
	if ((program->needs & SP_NEED_DB) != 0 && sp_db_pool_new == NULL) {
		sp_buf_cstr(errors, "this program was built without a database\n");
		good = false;
	}
	if (!good) {
		snapshot_free(s);
		return NULL;
	}
	return s;
}

bool
sp_process_open(const struct sp_program *program, bool is_cgi, struct sp_buf *errors)
{
	struct snapshot *s = snapshot_load(program, is_cgi, errors);

	if (s == NULL)
		return false;
	use_log_level(s->process.settings);
	if ((program->needs & SP_NEED_DB) != 0)
		s->process.pool = sp_db_pool_new(s->process.settings, program->name);
	if (program->start != NULL && !program->start(&s->process)) {
		sp_buf_cstr(errors, "the program could not start\n");
		if (s->process.pool != NULL)
			sp_db_pool_free(s->process.pool);
		snapshot_free(s);
		return false;
	}
	s->holders = 1;
	first = present = s;
	return true;
}

bool
sp_process_check(const struct sp_program *program, struct sp_buf *errors)
{
	static const struct sp_query ping = { "ping", "SELECT 1", 0 };
	struct snapshot *s = snapshot_load(program, true, errors);
	struct sp_arena *mem;
	struct sp_db db = { 0 };
	bool good = true;

	if (s == NULL)
		return false;
	if ((program->needs & SP_NEED_DB) != 0) {
		mem = sp_arena_new();
		s->process.pool = sp_db_pool_new(s->process.settings, program->name);
		sp_db_begin(&db, s->process.pool, mem);
		good = sp_db_do(&db, &ping, SP_NO_PARAMS, NULL);
		if (!good)
			sp_buf_printf(errors, "database: %s\n", db.message);
		sp_db_end(&db);
		sp_db_pool_free(s->process.pool);
		sp_arena_free(mem);
	}
	snapshot_free(s);
	return good;
}

/* What a reload cannot change: the pool and the threads exist already. */
static void
warn_about_fixed_settings(const struct sp_settings *was, const struct sp_settings *is)
{
	if (strcmp(was->database, is->database) != 0 || was->threads != is->threads ||
	    was->db_connections != is->db_connections ||
	    was->db_connect_timeout != is->db_connect_timeout ||
	    was->statement_timeout != is->statement_timeout || was->db_listen != is->db_listen)
		sp_log(SP_WARN, "restart_needed",
		    SP_L("detail", "database and thread settings are read at start only"));
}

bool
sp_process_reload(struct sp_buf *errors)
{
	struct snapshot *s = snapshot_load(first->process.program, first->process.is_cgi, errors);
	struct snapshot *was;

	if (s == NULL)
		return false;
	/* what is kept in memory (resources, tokens that were verified) is of one issuer */
	if (strcmp(first->process.settings->issuer, s->process.settings->issuer) != 0) {
		sp_buf_cstr(errors, "issuer: cannot change while the program runs\n");
		snapshot_free(s);
		return false;
	}
	warn_about_fixed_settings(first->process.settings, s->process.settings);
	use_log_level(s->process.settings);
	s->process.pool = first->process.pool;
	s->process.state = first->process.state;
	s->holders = 1;
	pthread_mutex_lock(&lock);
	was = present;
	present = s;
	generation++;
	pthread_mutex_unlock(&lock);
	if (was != first)
		sp_process_release(&was->process);
	return true;
}

struct sp_process *
sp_process_hold(void)
{
	struct snapshot *s;

	pthread_mutex_lock(&lock);
	s = present;
	s->holders++;
	pthread_mutex_unlock(&lock);
	return &s->process;
}

void
sp_process_release(struct sp_process *process)
{
	struct snapshot *s = (struct snapshot *)process;
	bool last;

	pthread_mutex_lock(&lock);
	last = --s->holders == 0;
	pthread_mutex_unlock(&lock);
	if (last)
		snapshot_free(s);
}

unsigned
sp_process_generation(void)
{
	return generation;
}

void
sp_process_close(void)
{
	const struct sp_program *program = first->process.program;
	struct sp_db_pool *pool = first->process.pool;

	if (program->stop != NULL)
		program->stop(&first->process);
	if (pool != NULL)
		sp_db_pool_free(pool);
	if (present != first)
		sp_process_release(&present->process);
	sp_process_release(&first->process);
	first = present = NULL;
}
