/* upstream_talk.c - a conversation with an upstream, over the wire that its row names */
#include "tools/upstream.h"

#include "tools/http_source.h"
#include "tools/mcp_wire.h"
#include "tools/reference.h"

#define SECRET_MIN 8			/* bytes */

/* What every child has, before its own variables. */
static const struct sp_upstream_pair given[] = {
	{ "PATH", "/usr/local/bin:/usr/bin:/bin" }, { "LANG", "C.UTF-8" }, { "HOME", "/dev/null" },
};

static enum sp_mcp_reply_kind
fail(struct sp_upstream_talk *talk, const char *why)
{
	talk->client.why = why;
	return SP_MCP_REPLY_UNREACHABLE;
}

/* The word behind "Bearer " and the like; what is shorter stands in many texts by chance. */
static void
keep_secret(struct sp_upstream_talk *talk, struct sp_str value)
{
	struct sp_secrets *secrets = &talk->client.secrets;
	size_t begin = value.len;

	while (begin > 0 && value.p[begin - 1] != ' ')
		begin--;
	value = sp_str_sub(value, begin, value.len);
	if (value.len >= SECRET_MIN && secrets->count < SP_CREDENTIAL_SECRETS)
		secrets->item[secrets->count++] = value;
}

/* A value with what its references lead to.  NULL: *why. */
static const char *
resolve(struct sp_upstream_talk *talk, const char *value, const char **why)
{
	struct sp_str out;

	if (!sp_reference_resolve(talk->req->mem, talk->req->settings, sp_str(value), &out, why))
		return NULL;
	out = sp_str_dup(talk->req->mem, out);
	if (sp_reference_is_in(sp_str(value)))
		keep_secret(talk, out);
	return out.p;
}

/* ---- HTTP ---- */

/* Names that the machine itself answers to: no bytes leave it, so that they may be in the clear. */
static bool
is_loopback(struct sp_str url)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t len = strlen(hosts[i]);

		if (sp_str_starts(url, hosts[i]) && (url.len == len || url.p[len] == ':' || url.p[len] == '/'))
			return true;
	}
	return false;
}

/* What the service knows us by, as header fields; never what our caller sent. */
static bool
set_credential(struct sp_upstream_talk *talk, struct sp_http_message *message, const char **why)
{
	const struct sp_credential_use use = {
		.req = talk->req, .credential = talk->upstream->knows_us_by, .caller = talk->caller,
		.allow = sp_source_allow(talk->req, talk->upstream->allow), .ca_file = talk->req->settings->fetch_ca_file,
		.http = talk->req->settings->source_http, .deadline_ms = talk->deadline_ms, .gone = talk->gone, .arg = talk->arg,
	};
	struct sp_secrets secrets = { .count = 0 };

	if (talk->upstream->knows_us_by == NULL)
		return true;
	switch (sp_credential_set(&use, message, &secrets, why)) {
	case SP_CREDENTIAL_SET:
		for (size_t i = 0; i < secrets.count; i++)
			keep_secret(talk, secrets.item[i]);
		return true;
	case SP_CREDENTIAL_STOPPED:
		*why = "nobody waits for it";
		return false;
	default:
		return false;
	}
}

static struct sp_mcp_wire *
http_wire(struct sp_upstream_talk *talk, const char **why)
{
	const struct sp_upstream *u = talk->upstream;
	struct sp_arena *mem = talk->req->mem;
	struct sp_http_message *message = sp_alloc(mem, sizeof(*message));
	struct sp_mcp_http *to = sp_alloc(mem, sizeof(*to));

	*message = (struct sp_http_message){ .method = "POST", .url = u->url };
	for (size_t i = 0; i < u->header_count; i++) {
		const char *value = resolve(talk, u->headers[i].value, why);

		if (value == NULL)
			return NULL;
		if (!sp_message_set(message, u->headers[i].name, sp_str(value))) {
			*why = sp_printf(mem, "the value of header %s is not one line", u->headers[i].name);
			return NULL;
		}
	}
	if (!set_credential(talk, message, why))
		return NULL;
	*to = (struct sp_mcp_http){
		.url = u->url, .fields = message->fields, .field_count = message->field_count,
		.allow = sp_source_allow(talk->req, u->allow), .ca_file = talk->req->settings->fetch_ca_file,
		.http = talk->req->settings->source_http || is_loopback(sp_str(u->url)),
		.pool = sp_printf(mem, "upstream %s", u->name != NULL ? u->name : u->url),
		.message_max = talk->client.message_max, .max_bytes = 4 * talk->client.message_max,
		.waiter = { talk->gone, talk->arg },
	};
	return sp_mcp_wire_http(mem, to, talk->deadline_ms);
}

/* ---- a command ---- */

static bool
is_set(const struct sp_upstream *u, const char *name)
{
	for (size_t i = 0; i < u->environment_count; i++)
		if (strcmp(u->environment[i].name, name) == 0)
			return true;
	return false;
}

static const char *const *
environment(struct sp_upstream_talk *talk, const char **why)
{
	const struct sp_upstream *u = talk->upstream;
	size_t builtin = sizeof(given) / sizeof(given[0]), n = 0;
	const char **envp = sp_alloc_array(talk->req->mem, builtin + u->environment_count + 1, sizeof(*envp));

	for (size_t i = 0; i < builtin; i++)
		if (!is_set(u, given[i].name))
			envp[n++] = sp_printf(talk->req->mem, "%s=%s", given[i].name, given[i].value);
	for (size_t i = 0; i < u->environment_count; i++) {
		const char *value = resolve(talk, u->environment[i].value, why);

		if (value == NULL)
			return NULL;
		envp[n++] = sp_printf(talk->req->mem, "%s=%s", u->environment[i].name, value);
	}
	return envp;
}

static struct sp_mcp_wire *
stdio_wire(struct sp_upstream_talk *talk, const char **why)
{
	const struct sp_upstream *u = talk->upstream;
	struct sp_arena *mem = talk->req->mem;
	struct sp_child_start *start = sp_alloc(mem, sizeof(*start));
	struct sp_mcp_stdio *to = sp_alloc(mem, sizeof(*to));
	const char **argv;
	size_t n = 0;

	while (u->command[n] != NULL)
		n++;
	argv = sp_alloc_array(mem, n + 1, sizeof(*argv));
	for (size_t i = 0; i < n; i++)
		if ((argv[i] = resolve(talk, u->command[i], why)) == NULL)
			return NULL;
	argv[0] = sp_child_find(mem, talk->req->settings, argv[0]);
	*start = (struct sp_child_start){
		.argv = argv, .envp = environment(talk, why), .directory = u->directory,
		.limits = { .cpu_s = u->cpu_s, .memory_bytes = u->memory_bytes, .processes = u->processes },
	};
	if (start->envp == NULL)
		return NULL;
	*to = (struct sp_mcp_stdio){
		.name = u->name != NULL ? u->name : argv[0], .settings = talk->req->settings, .start = start, .keep = u->keep,
		.message_max = talk->client.message_max, .max_bytes = 4 * talk->client.message_max,
		.waiter = { talk->gone, talk->arg },
	};
	return sp_mcp_wire_stdio(mem, to, talk->deadline_ms);
}

/* ---- both ---- */

static enum sp_mcp_reply_kind
open_as(struct sp_upstream_talk *talk, enum sp_mcp_client_era era)
{
	const struct sp_upstream *u = talk->upstream;
	const char *why = "";
	struct sp_mcp_wire *wire;

	talk->client.secrets.count = 0;
	/* a result in JSON may be longer than what it stands for */
	talk->client.message_max = talk->max_bytes * 2 + 65536;
	if (talk->client.message_max > 2 * SP_UPSTREAM_MESSAGE_MAX)
		talk->client.message_max = 2 * SP_UPSTREAM_MESSAGE_MAX;
	wire = u->url != NULL ? http_wire(talk, &why) : stdio_wire(talk, &why);
	if (wire == NULL)
		return fail(talk, why);
	sp_mcp_client_init(&talk->client, talk->req->mem, wire);
	return sp_mcp_client_open(&talk->client, era);
}

enum sp_mcp_reply_kind
sp_upstream_open(struct sp_upstream_talk *talk)
{
	enum sp_mcp_client_era era = talk->upstream->era;
	enum sp_mcp_reply_kind kind;

	talk->client.wire = NULL;
	if (era != SP_MCP_ERA_UNKNOWN)
		return open_as(talk, era);
	kind = open_as(talk, talk->upstream->found);
	return kind != SP_MCP_REPLY && talk->upstream->found != SP_MCP_ERA_UNKNOWN && talk->client.wrong_era ?
	    sp_upstream_reopen(talk) : kind;
}

enum sp_mcp_reply_kind
sp_upstream_reopen(struct sp_upstream_talk *talk)
{
	sp_upstream_close(talk);
	return open_as(talk, SP_MCP_ERA_UNKNOWN);
}

void
sp_upstream_close(struct sp_upstream_talk *talk)
{
	if (talk->client.wire != NULL)
		sp_mcp_client_close(&talk->client);
	talk->client.wire = NULL;
}

/* ---- names ---- */

const char *
sp_upstream_uri(struct sp_arena *mem, const struct sp_upstream *u, struct sp_str uri)
{
	char *out = sp_printf(mem, "%s+%.*s", u->prefix, SP_FMT(uri));

	for (size_t i = 0; u->prefix[i] != '\0'; i++)
		if (out[i] == '_')
			out[i] = '-';		/* which a scheme has not */
	return out;
}

struct sp_str
sp_upstream_uri_back(const struct sp_upstream *u, struct sp_str uri)
{
	size_t len = strlen(u->prefix);

	if (uri.len <= len || uri.p[len] != '+')
		return (struct sp_str){ NULL, 0 };
	for (size_t i = 0; i < len; i++)
		if (uri.p[i] != (u->prefix[i] == '_' ? '-' : u->prefix[i]))
			return (struct sp_str){ NULL, 0 };
	return sp_str_sub(uri, len + 1, uri.len);
}
