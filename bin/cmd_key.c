/* cmd_key.c - sallyport key: the keys that sign tokens */
#include "command.h"
#include "cmd_key.h"
#include "db/queries.h"
#include "jose/keyset.h"

int
key_list_run(struct command *c, int argc, char **argv)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "list the keys", &sp_q_key_list, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

const PGresult *
key_rotate(struct command *c, const char *alg)
{
	struct sp_keyring *ring;
	struct sp_keyset_row row;
	enum sp_jose_alg id;
	int64_t overlap;

	if (!sp_jose_alg_find(sp_str(alg), &id)) {
		(void)command_fail("there is no signature algorithm \"%s\" here", alg);
		return NULL;
	}
	if ((ring = command_keyring(c)) == NULL)
		return NULL;
	sp_keyset_new_key(c->mem, ring, id, &row);
	sp_keyring_free(ring);
	/* a key is published until the last token that it signed has expired, and the caches with it */
	overlap = c->settings->access_token_ttl + 3600;
	return command_query(c, "rotate the keys", &sp_q_key_rotate, SP_PARAMS(SP_P_STR(row.kid), SP_P_STR(row.alg),
	    SP_P_STR(row.public_jwk), SP_P_BYTES_STR(row.private_sealed), SP_P_INT(overlap), command_context(c)));
}

int
key_rotate_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--alg", OPTION_VALUE }, { NULL } };
	const PGresult *r;

	if (!command_options(c, o, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = key_rotate(c, o[0].given ? o[0].value : c->settings->signing_alg)) == NULL)
		return 1;
	command_print_row(c, r);
	return 0;
}
