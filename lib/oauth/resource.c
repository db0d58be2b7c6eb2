/* resource.c - the protected resources of this installation */
#include "oauth/resource.h"

#include "db/queries.h"

struct resource_row {
	const char *name, *title;
	struct sp_str scopes, default_scopes, descriptions;
};

static const struct sp_column resource_columns[] = {
	{ "name", SP_COL_TEXT, offsetof(struct resource_row, name) },
	{ "title", SP_COL_TEXT, offsetof(struct resource_row, title) },
	{ "scopes", SP_COL_STR, offsetof(struct resource_row, scopes) },
	{ "default_scopes", SP_COL_STR, offsetof(struct resource_row, default_scopes) },
	{ "descriptions", SP_COL_STR, offsetof(struct resource_row, descriptions) },
	{ NULL }
};

const char *
sp_resource_url(struct sp_arena *mem, const char *issuer, const char *name)
{
	return name[0] == '\0' ? sp_printf(mem, "%s/mcp", issuer) :
	    sp_printf(mem, "%s/mcp/%s", issuer, name);
}

static bool
read_row(struct sp_arena *mem, const char *issuer, const struct resource_row *row,
    struct sp_resource *out)
{
	struct json_object *descriptions;
	struct sp_scope_info *info;
	const char *why;

	if (!sp_scope_parse(row->scopes, &out->scopes) ||
	    !sp_scope_parse(row->default_scopes, &out->default_scopes) ||
	    !sp_json_parse(mem, row->descriptions, &descriptions, &why))
		return false;
	out->name = row->name;
	out->title = row->title;
	out->resource = sp_resource_url(mem, issuer, row->name);
	info = sp_alloc_array(mem, out->scopes.count, sizeof(*info));
	for (size_t i = 0; i < out->scopes.count; i++) {
		info[i].scope = sp_cstr(mem, out->scopes.token[i]);
		info[i].description = sp_cstr(mem, sp_json_text(json_object_array_get_idx(descriptions, i)));
	}
	out->info = info;
	return true;
}

bool
sp_resources_load(struct sp_db *db, struct sp_arena *mem, const char *issuer,
    struct sp_resources *out)
{
	struct sp_resource *item;
	struct resource_row *row;
	struct sp_arena *rows_mem = db->mem;
	void *rows;
	size_t count;
	enum sp_db_status status;

	db->mem = mem;		/* the texts live as long as the list */
	status = sp_db_rows(db, &sp_q_resources, SP_NO_PARAMS, resource_columns, sizeof(*row), &rows, &count);
	db->mem = rows_mem;
	if (status == SP_DB_FAILED)
		return false;
	if (status == SP_DB_NO_ROW)
		count = 0;
	item = sp_alloc_array(mem, count, sizeof(*item));
	for (size_t i = 0; i < count; i++) {
		row = &((struct resource_row *)rows)[i];
		if (!read_row(mem, issuer, row, &item[i]))
			return false;
	}
	out->item = item;
	out->count = count;
	return true;
}

/* An http(s) URL cut into what is compared: no userinfo, query or fragment, the default port dropped. */
struct parts {
	struct sp_str scheme, authority, path;
};

static bool
cut(struct sp_str url, struct parts *out)
{
	struct sp_str rest;
	ptrdiff_t at;

	if (sp_str_has_control(url) || sp_str_index(url, '#') >= 0 || sp_str_index(url, '?') >= 0 ||
	    sp_str_index(url, '@') >= 0 || (at = sp_str_index(url, ':')) < 0)
		return false;
	out->scheme = sp_str_sub(url, 0, (size_t)at);
	rest = sp_str_sub(url, (size_t)at + 1, url.len);
	if (!sp_str_starts(rest, "//"))
		return false;
	rest = sp_str_sub(rest, 2, rest.len);
	at = sp_str_index(rest, '/');
	out->authority = at < 0 ? rest : sp_str_sub(rest, 0, (size_t)at);
	out->path = at < 0 ? sp_str_sub(rest, rest.len, rest.len) : sp_str_sub(rest, (size_t)at, rest.len);
	if (sp_str_ends(out->path, "/"))
		out->path.len--;
	if (sp_str_caseis(out->scheme, "https") && sp_str_ends(out->authority, ":443"))
		out->authority.len -= 4;
	else if (sp_str_caseis(out->scheme, "http") && sp_str_ends(out->authority, ":80"))
		out->authority.len -= 3;
	return out->authority.len > 0;
}

const struct sp_resource *
sp_resource_find(const struct sp_resources *all, struct sp_str resource)
{
	struct parts asked, ours;

	if (resource.p != NULL && !cut(resource, &asked))
		return NULL;
	for (size_t i = 0; i < all->count; i++) {
		const struct sp_resource *r = &all->item[i];

		if (resource.p == NULL) {
			if (r->name[0] == '\0' || all->count == 1)
				return r;
			continue;
		}
		if (!cut(sp_str(r->resource), &ours) || !sp_str_caseeq(asked.scheme, ours.scheme) ||
		    !sp_str_caseeq(asked.authority, ours.authority))
			continue;
		/* the issuer itself stands for its default resource */
		if (sp_str_eq(asked.path, ours.path) || (r->name[0] == '\0' &&
		    sp_str_eq(asked.path, sp_str_sub(ours.path, 0, ours.path.len - strlen("/mcp")))))
			return r;
	}
	return NULL;
}

const struct sp_resource *
sp_resource_by_name(const struct sp_resources *all, struct sp_str name)
{
	for (size_t i = 0; i < all->count; i++)
		if (sp_str_is(name, all->item[i].name))
			return &all->item[i];
	return NULL;
}

void
sp_resource_scope_asked(const struct sp_resource *resource, const struct sp_scope *asked,
    struct sp_scope *out)
{
	struct sp_scope list = { .count = 0 };

	for (size_t i = 0; i < asked->count; i++)
		if (!sp_scope_is_habit(asked->token[i]) || sp_scope_has(&resource->scopes, asked->token[i]))
			list.token[list.count++] = asked->token[i];
	*out = list;
}

static void
narrow(const struct sp_scope *asked, const struct sp_resource *resource, const struct sp_scope *ceiling,
    struct sp_scope *out)
{
	struct sp_scope offered;

	sp_scope_narrow(asked, &resource->scopes, &offered);
	if (ceiling != NULL)
		sp_scope_narrow(&offered, ceiling, out);
	else
		*out = offered;
}

bool
sp_resource_scope(const struct sp_resource *resource, const struct sp_scope *asked,
    const struct sp_scope *ceiling, struct sp_scope *out)
{
	struct sp_scope meant;

	sp_resource_scope_asked(resource, asked, &meant);
	if (meant.count > 0)
		narrow(&meant, resource, ceiling, out);
	else {
		narrow(&resource->default_scopes, resource, ceiling, out);
		/* a client whose ceiling lies beside the default means all that it may have */
		if (out->count == 0)
			narrow(&resource->scopes, resource, ceiling, out);
	}
	return out->count > 0 || resource->scopes.count == 0;
}
