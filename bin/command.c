/* command.c - what the subcommands of `sallyport` share */
#include "command.h"

#include <pwd.h>
#include <stdarg.h>
#include <unistd.h>

#define OUTPUT_MAX (64 * 1024 * 1024)
#define LINE_MAX_BYTES 4096
#define COLUMN_WIDTH_MAX 60

int
command_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("sallyport: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return 1;
}

int
command_usage(const struct command *c)
{
	fprintf(stderr, "usage: sallyport %s\n", c->usage);
	return 2;
}

static struct command_option *
find_option(struct command_option *options, struct sp_str name)
{
	for (struct command_option *o = options; o != NULL && o->name != NULL; o++)
		if (sp_str_is(name, o->name))
			return o;
	return NULL;
}

bool
command_options(struct command *c, struct command_option *options, int argc, char **argv,
    const char **operands, size_t min, size_t max)
{
	bool only_operands = false;
	struct command_option *o;
	const char *value;
	size_t count = 0;

	for (int i = 0; i < argc; i++) {
		struct sp_str word = sp_str(argv[i]);
		ptrdiff_t equals = sp_str_index(word, '=');

		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (count == max)
				return command_usage(c), false;
			operands[count++] = argv[i];
			continue;
		}
		if (sp_str_is(word, "--")) {
			only_operands = true;
			continue;
		}
		if (sp_str_is(word, "--json")) {
			c->json = true;
			continue;
		}
		value = equals >= 0 ? argv[i] + equals + 1 : NULL;
		o = find_option(options, equals >= 0 ? sp_str_sub(word, 0, (size_t)equals) : word);
		if (o == NULL || (o->kind == OPTION_FLAG && value != NULL))
			return command_usage(c), false;
		if (o->kind != OPTION_FLAG && value == NULL && (value = argv[++i], i >= argc))
			return command_usage(c), false;
		o->given = true;
		o->value = value;
		if (o->kind == OPTION_LIST) {
			if (o->count == sizeof(o->list) / sizeof(o->list[0]))
				return command_usage(c), false;
			o->list[o->count++] = value;
		}
	}
	if (count < min)
		return command_usage(c), false;
	return true;
}

void
command_db(struct command *c)
{
	const struct sp_settings *s = c->settings;
	const char *conninfo = s->admin_database[0] != '\0' ? s->admin_database : s->database;

	if (c->pool != NULL)
		return;			/* a subcommand of several statements */
	/* administration may take longer than a request: no limit of statements */
	c->pool = sp_db_pool_open(conninfo, 1, s->db_connect_timeout, 0, "sallyport");
	sp_db_begin(&c->db, c->pool, c->mem);
}

struct sp_keyring *
command_keyring(struct command *c)
{
	struct sp_keyring *ring;
	const char *why;

	if (!sp_keyring_load(c->settings->master_key_file, &ring, &why)) {
		(void)command_fail("master key %s: %s", c->settings->master_key_file, why);
		return NULL;
	}
	return ring;
}

int
command_db_failed(struct command *c, const char *doing)
{
	return command_fail("could not %s: %s", doing, c->db.message != NULL ? c->db.message :
	    "the database cannot be reached");
}

struct sp_param
command_context(struct command *c)
{
	const struct passwd *who = getpwuid(geteuid());
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "program", "sallyport");
	sp_jw_kcstr(&w, "user_agent", sp_printf(c->mem, "command of %s", who != NULL ? who->pw_name : "nobody"));
	sp_jw_object_end(&w);
	return SP_P_STR(sp_buf_view(&b));
}

const PGresult *
command_query(struct command *c, const char *doing, const struct sp_query *query, const struct sp_param *params)
{
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(&c->db)) {
		(void)command_db_failed(c, doing);
		return NULL;
	}
	sp_db_pipeline_add(&c->db, query, params);
	if (!sp_db_pipeline_run(&c->db, &results, &failed)) {
		(void)command_db_failed(c, doing);
		return NULL;
	}
	return results[0];
}

/* ---- output ---- */

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_JSON = 114, OID_FLOAT4 = 700,
	OID_FLOAT8 = 701, OID_TEXT_ARRAY = 1009, OID_JSONB = 3802 };

/* The members of a PostgreSQL text[] in its text form. */
static void
write_array(const struct command *c, struct sp_json_writer *w, const char *p)
{
	struct sp_buf item;

	sp_jw_array(w);
	p++;
	while (*p != '\0' && *p != '}') {
		bool quoted = *p == '"';

		sp_buf_init(&item, c->mem, OUTPUT_MAX);
		for (p += quoted; *p != '\0' && (quoted ? *p != '"' : *p != ',' && *p != '}'); p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			sp_buf_char(&item, *p);
		}
		p += quoted;
		sp_jw_str(w, sp_buf_view(&item));
		if (*p == ',')
			p++;
	}
	sp_jw_array_end(w);
}

static void
write_cell(const struct command *c, struct sp_json_writer *w, const PGresult *r, int row, int column)
{
	struct sp_str text = { PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) };

	if (PQgetisnull(r, row, column)) {
		sp_jw_null(w);
		return;
	}
	switch (PQftype(r, column)) {
	case OID_BOOL:
		sp_jw_bool(w, sp_str_is(text, "t"));
		break;
	case OID_INT8: case OID_INT4: case OID_INT2: case OID_FLOAT4: case OID_FLOAT8:
	case OID_JSON: case OID_JSONB:
		sp_jw_raw(w, text);
		break;
	case OID_TEXT_ARRAY:
		write_array(c, w, text.p);
		break;
	default:
		sp_jw_str(w, text);
		break;
	}
}

static void
write_row(const struct command *c, struct sp_json_writer *w, const PGresult *r, int row)
{
	sp_jw_object(w);
	for (int i = 0; i < PQnfields(r); i++) {
		sp_jw_key(w, PQfname(r, i));
		write_cell(c, w, r, row, i);
	}
	sp_jw_object_end(w);
}

static void
print_json(const struct command *c, const PGresult *r, bool one)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	if (one)
		write_row(c, &w, r, 0);
	else {
		sp_jw_array(&w);
		for (int i = 0; i < PQntuples(r); i++)
			write_row(c, &w, r, i);
		sp_jw_array_end(&w);
	}
	printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
}

static bool
is_empty_column(const PGresult *r, int column)
{
	for (int i = 0; i < PQntuples(r); i++)
		if (PQgetlength(r, i, column) > 0)
			return false;
	return true;
}

/* Characters, not bytes. */
static int
width(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int
column_width(const PGresult *r, int column)
{
	int widest = width(PQfname(r, column));

	for (int i = 0; i < PQntuples(r); i++)
		if (width(PQgetvalue(r, i, column)) > widest)
			widest = width(PQgetvalue(r, i, column));
	return widest < COLUMN_WIDTH_MAX ? widest : COLUMN_WIDTH_MAX;
}

static void
print_line(const PGresult *r, int row, const int *widths)
{
	for (int i = 0; i < PQnfields(r); i++) {
		const char *text = row < 0 ? PQfname(r, i) : PQgetvalue(r, row, i);

		if (widths[i] == 0)
			continue;
		/* what strangers wrote must not drive the terminal */
		for (const char *p = text; *p != '\0'; p++)
			putchar((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
		printf("%*s", (width(text) < widths[i] ? widths[i] - width(text) : 0) + 2, "");
	}
	putchar('\n');
}

void
command_print(const struct command *c, const PGresult *r)
{
	int *widths = sp_alloc_array(c->mem, (size_t)PQnfields(r) + 1, sizeof(*widths));

	if (c->json) {
		print_json(c, r, false);
		return;
	}
	if (PQntuples(r) == 0) {
		puts("none");
		return;
	}
	for (int i = 0; i < PQnfields(r); i++)
		widths[i] = is_empty_column(r, i) ? 0 : column_width(r, i);
	print_line(r, -1, widths);
	for (int i = 0; i < PQntuples(r); i++)
		print_line(r, i, widths);
}

void
command_print_text(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i], after = i + 1 < text.len ? (unsigned char)text.p[i + 1] : 0;

		if (c == 0xc2 && after >= 0x80 && after < 0xa0) {	/* C1 controls */
			putchar('?');
			i++;
		} else {
			putchar((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? '?' : c);
		}
	}
}

void
command_print_row(const struct command *c, const PGresult *r)
{
	if (c->json) {
		print_json(c, r, true);
		return;
	}
	for (int i = 0; i < PQnfields(r); i++)
		if (!PQgetisnull(r, 0, i))
			printf("%s: %s\n", PQfname(r, i), PQgetvalue(r, 0, i));
}

bool
command_read_line(struct command *c, struct sp_str *out)
{
	char *line = sp_alloc(c->mem, LINE_MAX_BYTES);

	if (fgets(line, LINE_MAX_BYTES, stdin) == NULL)
		return command_fail("nothing on standard input"), false;
	*out = sp_str_trim(sp_str(line), "\r\n");
	if (out->len == LINE_MAX_BYTES - 1)
		return command_fail("the line on standard input is too long"), false;
	return true;
}
