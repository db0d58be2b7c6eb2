/* cmd_client.c - sallyport client: OAuth clients made by hand */
#include "command.h"
#include "db/queries.h"
#include "oauth/redirect_uri.h"
#include "oauth/resource.h"

static const char *const known_grants[] = { "authorization_code", "refresh_token", "client_credentials", NULL };
static const char *const known_tiers[] = { "public", "developer", "admin", "service", NULL };

static bool
is_one_of(const char *const *list, const char *value)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, value) == 0)
			return true;
	return false;
}

static bool
has_grant(const struct command_option *grants, const char *name)
{
	for (size_t i = 0; i < grants->count; i++)
		if (strcmp(grants->list[i], name) == 0)
			return true;
	return false;
}

static void
write_list(struct sp_json_writer *w, const char *name, const struct command_option *o)
{
	sp_jw_key(w, name);
	sp_jw_array(w);
	for (size_t i = 0; i < o->count; i++)
		sp_jw_cstr(w, o->list[i]);
	sp_jw_array_end(w);
}

/* The stored form: canonical JSON, as registration makes it, with the grants and scope of an administrator. */
static bool
make_metadata(struct command *c, const char *name, const struct command_option *grants,
    const struct command_option *uris, const char *scope, bool public, struct sp_str *out)
{
	struct json_object *parsed;
	struct sp_json_writer w;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, c->mem, 1024 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "client_name", name);
	write_list(&w, "redirect_uris", uris);
	write_list(&w, "grant_types", grants);
	sp_jw_key(&w, "response_types");
	sp_jw_array(&w);
	if (uris->count > 0)
		sp_jw_cstr(&w, "code");
	sp_jw_array_end(&w);
	sp_jw_kcstr_if(&w, "scope", scope);
	sp_jw_kcstr(&w, "token_endpoint_auth_method", public ? "none" : "client_secret_basic");
	sp_jw_object_end(&w);
	if (!sp_json_parse(c->mem, sp_buf_view(&b), &parsed, &why))
		return command_fail("the client's data is not text: %s", why), false;
	*out = sp_json_canonical(c->mem, parsed);
	return true;
}

static bool
check(struct command_option *grants, const struct command_option *uris, const char *scope,
    const char *tier, bool public)
{
	struct sp_redirect_uri uri;
	struct sp_scope list;
	const char *why;

	if (grants->count == 0) {
		grants->list[grants->count++] = "authorization_code";
		grants->list[grants->count++] = "refresh_token";
	}
	for (size_t i = 0; i < grants->count; i++)
		if (!is_one_of(known_grants, grants->list[i]))
			return command_fail("there is no grant type \"%s\" here", grants->list[i]), false;
	for (size_t i = 0; i < uris->count; i++)
		if (!sp_redirect_uri_parse(sp_str(uris->list[i]), &uri, &why))
			return command_fail("%s: %s", uris->list[i], why), false;
	if (has_grant(grants, "authorization_code") && uris->count == 0)
		return command_fail("authorization_code needs a --redirect-uri"), false;
	if (has_grant(grants, "client_credentials") && public)
		return command_fail("client_credentials needs a secret: not --public"), false;
	if (!is_one_of(known_tiers, tier))
		return command_fail("there is no tier \"%s\"", tier), false;
	if (scope != NULL && !sp_scope_parse(sp_str(scope), &list))
		return command_fail("\"%s\" is not a list of scopes", scope), false;
	return true;
}

/* The canonical form of a resource that exists; clients are bound to that text. */
static bool
find_resource(struct command *c, const char *text, const char **out)
{
	const struct sp_resource *resource;
	struct sp_resources all;

	*out = NULL;
	if (text == NULL)
		return true;
	if (!sp_resources_load(&c->db, c->mem, c->settings->issuer, &all))
		return command_db_failed(c, "read the resources"), false;
	if ((resource = sp_resource_find(&all, sp_str(text))) == NULL)
		return command_fail("there is no resource %s; the default one is %s", text,
		    sp_resource_url(c->mem, c->settings->issuer, "")), false;
	*out = resource->resource;
	return true;
}

static void
print_added(const struct command *c, const char *client_id, struct sp_str secret)
{
	struct sp_json_writer w;
	struct sp_buf b;

	if (!c->json) {
		printf("client_id: %s\n", client_id);
		if (secret.p != NULL)
			printf("client_secret: %.*s\n(the secret is not kept and cannot be shown again)\n", SP_FMT(secret));
		return;
	}
	sp_buf_init(&b, c->mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "client_id", client_id);
	if (secret.p != NULL)
		sp_jw_kstr(&w, "client_secret", secret);
	sp_jw_object_end(&w);
	printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
}

int
client_add_run(struct command *c, int argc, char **argv)
{
	enum { GRANT, URI, SCOPE, RESOURCE, TIER, PUBLIC };
	struct command_option o[] = { [GRANT] = { "--grant", OPTION_LIST }, [URI] = { "--redirect-uri", OPTION_LIST },
		[SCOPE] = { "--scope", OPTION_VALUE }, [RESOURCE] = { "--resource", OPTION_VALUE },
		[TIER] = { "--tier", OPTION_VALUE }, [PUBLIC] = { "--public", OPTION_FLAG }, { NULL } };
	uint8_t metadata_sha256[SP_SHA256_LEN], secret_sha256[SP_SHA256_LEN];
	const char *name, *resource, *tier, *client_id;
	struct sp_str metadata, secret = { 0 };

	if (!command_options(c, o, argc, argv, &name, 1, 1))
		return 2;
	tier = o[TIER].given ? o[TIER].value : "service";
	if (!check(&o[GRANT], &o[URI], o[SCOPE].value, tier, o[PUBLIC].given) ||
	    !make_metadata(c, name, &o[GRANT], &o[URI], o[SCOPE].value, o[PUBLIC].given, &metadata))
		return 1;
	command_db(c);
	if (!find_resource(c, o[RESOURCE].value, &resource))
		return 1;
	client_id = sp_cstr(c->mem, sp_random_uuid(c->mem));
	sp_sha256(metadata, metadata_sha256);
	if (!o[PUBLIC].given) {
		secret = sp_random_token(c->mem);
		sp_sha256(secret, secret_sha256);
	}
	if (command_query(c, "add the client", &sp_q_client_add, SP_PARAMS(SP_P_TEXT(client_id), SP_P_STR(metadata),
	    SP_P_BYTES(metadata_sha256, SP_SHA256_LEN),
	    secret.p != NULL ? SP_P_BYTES(secret_sha256, SP_SHA256_LEN) : SP_P_NULL,
	    SP_P_TEXT(resource), SP_P_TEXT(tier), command_context(c))) == NULL)
		return 1;
	print_added(c, client_id, secret);
	return 0;
}

int
client_list_run(struct command *c, int argc, char **argv)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "list the clients", &sp_q_client_list, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

static int
set_disabled(struct command *c, int argc, char **argv, bool disabled)
{
	const char *client_id;
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, &client_id, 1, 1))
		return 2;
	command_db(c);
	r = command_query(c, disabled ? "disable the client" : "enable the client", &sp_q_client_disable,
	    SP_PARAMS(SP_P_TEXT(client_id), SP_P_BOOL(disabled), command_context(c)));
	if (r == NULL)
		return 1;
	if (PQntuples(r) == 0)
		return command_fail("there is no client %s", client_id);
	command_print_row(c, r);
	return 0;
}

int
client_disable_run(struct command *c, int argc, char **argv)
{
	return set_disabled(c, argc, argv, true);
}

int
client_enable_run(struct command *c, int argc, char **argv)
{
	return set_disabled(c, argc, argv, false);
}
