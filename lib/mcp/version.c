/* version.c - the revisions of MCP that are spoken here, and which one a request is in */
#include "mcp/version.h"

static const struct {
	const char *name;
	bool has_sessions;
} versions[SP_MCP_VERSIONS] = {
	[SP_MCP_2025_03_26] = { "2025-03-26", true },
	[SP_MCP_2025_06_18] = { "2025-06-18", true },
	[SP_MCP_2025_11_25] = { "2025-11-25", true },
	[SP_MCP_2026_07_28] = { "2026-07-28", false },
};

const char *
sp_mcp_version_name(enum sp_mcp_version version)
{
	return versions[version].name;
}

bool
sp_mcp_version_find(struct sp_str name, enum sp_mcp_version *out)
{
	for (enum sp_mcp_version v = 0; v < SP_MCP_VERSIONS; v++)
		if (sp_str_is(name, versions[v].name)) {
			*out = v;
			return true;
		}
	return false;
}

bool
sp_mcp_version_has_sessions(enum sp_mcp_version version)
{
	return versions[version].has_sessions;
}

void
sp_mcp_write_versions(struct sp_json_writer *w)
{
	sp_jw_array(w);
	for (int v = SP_MCP_VERSIONS - 1; v >= 0; v--)
		sp_jw_cstr(w, versions[v].name);
	sp_jw_array_end(w);
}

struct sp_str
sp_mcp_unsupported_data(struct sp_arena *mem, struct sp_str requested)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "supported");
	sp_mcp_write_versions(&w);
	sp_jw_kstr(&w, "requested", sp_str_sub(requested, 0, 64));
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

static bool
is_session_version(struct sp_str name)
{
	enum sp_mcp_version v;

	return sp_mcp_version_find(name, &v) && versions[v].has_sessions;
}

enum sp_mcp_era
sp_mcp_era_of(const struct sp_mcp_signs *s)
{
	enum sp_mcp_version v;

	if (s->has_meta_version)
		return is_session_version(s->meta_version) ? SP_MCP_SESSION : SP_MCP_MODERN;
	if (sp_str_is(s->method, "initialize"))
		return SP_MCP_SESSION;
	if (s->header_version.p != NULL && sp_mcp_version_find(s->header_version, &v))
		return versions[v].has_sessions ? SP_MCP_SESSION : SP_MCP_MODERN;
	if (s->session_id.p != NULL)
		return SP_MCP_SESSION;
	return s->header_version.p != NULL || s->header_method.p != NULL ? SP_MCP_MODERN : SP_MCP_SESSION;
}
