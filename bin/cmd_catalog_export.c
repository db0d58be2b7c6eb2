/* cmd_catalog_export.c - sallyport catalog export, secret */
#include "command.h"

#include "catalog_write.h"
#include "db/queries.h"
#include "tools/document.h"
#include "tools/document_kind.h"
#include "tools/reference.h"

#define OUTPUT_MAX	((size_t)256 * 1024 * 1024)
#define SECRET_PURPOSE	"credential"

enum { KIND, SERVER, NAME, GROUP, ORIGIN, BODY, ENTRY };

static struct json_object *
cell(struct command *c, const PGresult *r, int row, int column)
{
	struct json_object *value = NULL;
	const char *why;

	if (PQgetisnull(r, row, column) || !sp_json_parse_large(c->mem, sp_str(PQgetvalue(r, row, column)), &value, &why))
		return NULL;
	return value;
}

/* From the row, so that what was changed there is seen; what stands only in documents is as it was written. */
static struct json_object *
document_of(struct command *c, const PGresult *r, int i)
{
	const struct sp_document_kind *kind = sp_document_kind_find(sp_str(PQgetvalue(r, i, KIND)));
	struct json_object *body = cell(c, r, i, BODY), *document;

	if (kind == NULL)
		return NULL;
	if (kind->table == NULL)
		return kind->expand == NULL ? body : NULL;	/* what it expanded to is exported */
	document = sp_document_of_row(c->mem, kind, cell(c, r, i, ENTRY));
	if (!PQgetisnull(r, i, GROUP))
		sp_json_set_str(document, "group", sp_str(PQgetvalue(r, i, GROUP)));
	if (sp_json_get(body, "tests") != NULL &&
	    json_object_object_add(document, "tests", json_object_get(sp_json_get(body, "tests"))) != 0)
		sp_out_of_memory();
	return document;
}

int
catalog_export_run(struct command *c, int argc, char **argv)
{
	struct json_object **documents;
	struct sp_json_writer w;
	const PGresult *r;
	size_t count = 0;
	struct sp_buf b;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "export the catalog", &sp_q_catalog_export, SP_NO_PARAMS)) == NULL)
		return 1;
	documents = sp_alloc_array(c->mem, (size_t)PQntuples(r), sizeof(struct json_object *));
	for (int i = 0; i < PQntuples(r); i++)
		if ((documents[count] = document_of(c, r, i)) != NULL)
			count++;
	if (!c->json) {
		printf("%.*s", SP_FMT(catalog_write_yaml(c->mem, documents, count)));
		return 0;
	}
	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++)
		sp_jw_value(&w, documents[i]);
	sp_jw_array_end(&w);
	printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
	return 0;
}

/* All of standard input but the line break at its end: a secret may be a key of many lines. */
static bool
read_secret(struct command *c, struct sp_str *out)
{
	char *text = sp_alloc(c->mem, SP_REFERENCE_MAX + 1);
	size_t len = fread(text, 1, SP_REFERENCE_MAX + 1, stdin);

	if (len > SP_REFERENCE_MAX)
		return command_fail("the secret is longer than %d bytes", SP_REFERENCE_MAX), false;
	*out = (struct sp_str){ text, len };
	if (sp_str_ends(*out, "\n"))
		out->len--;
	if (sp_str_ends(*out, "\r"))
		out->len--;
	return out->len > 0 || (command_fail("the secret is empty"), false);
}

/* From standard input, sealed; never an argument, which other users of the machine can see. */
int
catalog_secret_run(struct command *c, int argc, char **argv)
{
	struct sp_keyring *ring;
	const char *name = NULL;
	struct sp_str secret, sealed;
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, &name, 1, 1))
		return 2;
	if ((ring = command_keyring(c)) == NULL)
		return 1;
	if (!read_secret(c, &secret)) {
		sp_keyring_free(ring);
		return 1;
	}
	sealed = sp_seal(c->mem, ring, SECRET_PURPOSE, sp_str(name), secret);
	sp_keyring_free(ring);
	command_db(c);
	r = command_query(c, "keep the secret", &sp_q_catalog_secret, SP_PARAMS(
	    SP_P_TEXT(name), SP_P_BYTES_STR(sealed), command_context(c)));
	if (r == NULL)
		return 1;
	return strcmp(PQgetvalue(r, 0, 0), "t") == 0 ? 0 : command_fail("there is no credential \"%s\"", name);
}
