/* listing.c - an entry of a list as each revision of MCP knows it */
#include "tools/listing.h"

#define LISTING_MAX ((size_t)1 << 20)	/* bytes of one entry */

/* Members of Tool, Resource, ResourceTemplate and Prompt that came after 2025-03-26. */
static const struct {
	const char *name;
	enum sp_listing_form since;
} later[] = {
	{ "title", SP_LISTING_2025_06_18 },
	{ "outputSchema", SP_LISTING_2025_06_18 },
	{ "_meta", SP_LISTING_2025_06_18 },
	{ "icons", SP_LISTING_2025_11_25 },
};

static bool
is_known(const char *name, struct json_object *value, enum sp_listing_form form)
{
	if (strcmp(name, "outputSchema") == 0 && form < SP_LISTING_2026_07_28 &&
	    !sp_str_is(sp_json_get_str(value, "type"), "object"))
		return false;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(name, later[i].name) == 0)
			return form >= later[i].since;
	return true;
}

/* An object without one of its members. */
static void
write_without(struct sp_json_writer *w, struct json_object *obj, const char *without)
{
	json_object_object_foreach(obj, name, value) {
		if (strcmp(name, without) == 0)
			continue;
		sp_jw_key(w, name);
		sp_jw_value(w, value);
	}
}

/* What a member was like in 2025-03-26. */
static void
write_first(struct sp_json_writer *w, struct json_object *entry, const char *name, struct json_object *value)
{
	if (strcmp(name, "annotations") == 0 && json_object_is_type(value, json_type_object)) {
		struct sp_str title = sp_json_get_str(entry, "title");

		sp_jw_object(w);
		if (title.p != NULL && sp_json_get(entry, "inputSchema") != NULL)
			sp_jw_kstr(w, "title", title);
		write_without(w, value, "lastModified");
		sp_jw_object_end(w);
	} else if (strcmp(name, "arguments") == 0 && json_object_is_type(value, json_type_array)) {
		sp_jw_array(w);
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			sp_jw_object(w);
			write_without(w, json_object_array_get_idx(value, i), "title");
			sp_jw_object_end(w);
		}
		sp_jw_array_end(w);
	} else {
		sp_jw_value(w, value);
	}
}

bool
sp_listing_write(struct sp_arena *mem, struct sp_arena *scratch, struct json_object *entry, struct sp_listing *out)
{
	for (enum sp_listing_form form = 0; form < SP_LISTING_FORMS; form++) {
		struct sp_json_writer w;
		struct sp_buf b;

		sp_buf_init(&b, scratch, LISTING_MAX);
		sp_jw_init(&w, &b);
		sp_jw_object(&w);
		json_object_object_foreach(entry, name, value) {
			if (!is_known(name, value, form))
				continue;
			sp_jw_key(&w, name);
			if (form == SP_LISTING_2025_03_26)
				write_first(&w, entry, name, value);
			else
				sp_jw_value(&w, value);
		}
		sp_jw_object_end(&w);
		if (!sp_buf_ok(&b))
			return false;
		/* most entries have one form, and a snapshot has thousands of them */
		out->form[form] = form > 0 && sp_str_eq(sp_buf_view(&b), out->form[form - 1]) ? out->form[form - 1] :
		    sp_str_dup(mem, sp_buf_view(&b));
	}
	return true;
}
