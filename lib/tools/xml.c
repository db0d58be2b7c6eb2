/* xml.c - XML in, as JSON */
#include "tools/xml.h"

#include <expat.h>

#define SEPARATOR	'\n'		/* between a namespace and a name: neither has one */

struct element {
	struct json_object *object;	/* NULL until there is a member */
	struct sp_str name;
	struct sp_buf text;
};

struct reader {
	struct sp_arena *mem;
	XML_Parser parser;
	const char *arrays;
	struct json_object *root;
	struct element open[SP_JSON_MAX_DEPTH - 2];
	size_t depth, nodes;
	const char *why;		/* NULL: nothing was wrong so far */
};

static void
stop(struct reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static struct sp_str
local_name(const char *name)
{
	const char *at = strrchr(name, SEPARATOR);

	return sp_str(at != NULL ? at + 1 : name);
}

static bool
is_array(const struct reader *r, struct sp_str name)
{
	struct sp_str rest = sp_str(r->arrays), word;

	while (sp_str_split(&rest, ' ', &word))
		if (sp_str_eq(word, name))
			return true;
	return false;
}

static struct json_object *
checked(struct json_object *object)
{
	if (object == NULL)
		sp_out_of_memory();
	return object;
}

/* Puts the value into the object, whose it is from here on; a name that is there already becomes an array. */
static void
add(struct json_object *object, const char *name, struct json_object *value, bool array)
{
	struct json_object *there, *list;
	int bad;

	if (json_object_object_get_ex(object, name, &there)) {
		if (json_object_is_type(there, json_type_array)) {
			list = there;
		} else {
			list = checked(json_object_new_array());
			bad = json_object_array_add(list, json_object_get(there));
			if (bad != 0 || json_object_object_add(object, name, list) != 0)
				sp_out_of_memory();
		}
		bad = json_object_array_add(list, value);
	} else if (array) {
		list = checked(json_object_new_array());
		bad = json_object_array_add(list, value) != 0 || json_object_object_add(object, name, list) != 0;
	} else
		bad = json_object_object_add(object, name, value);
	if (bad != 0)
		sp_out_of_memory();
}

static struct json_object *
text_object(struct sp_str text)
{
	return checked(json_object_new_string_len(text.p, (int)text.len));
}

static struct json_object *
object_of(struct element *e)
{
	if (e->object == NULL)
		e->object = checked(json_object_new_object());
	return e->object;
}

static void
on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;
	struct element *e;

	if (r->why != NULL)
		return;
	if (r->depth == sizeof(r->open) / sizeof(r->open[0])) {
		stop(r, "elements are nested too deeply");
		return;
	}
	e = &r->open[r->depth++];
	*e = (struct element){ .name = sp_str_dup(r->mem, local_name(name)) };
	sp_buf_init(&e->text, r->mem, SP_JSON_MAX_TREE);
	for (r->nodes++; *attributes != NULL; attributes += 2, r->nodes++)
		add(object_of(e), sp_printf(r->mem, "@%s", local_name(attributes[0]).p),
		    text_object(sp_str(attributes[1])), false);
	if (r->nodes > SP_XML_MAX_NODES)
		stop(r, "too many elements");
}

static void
on_end(void *arg, const char *name)
{
	struct reader *r = arg;
	struct element *e;
	struct sp_str text;
	struct json_object *value, *parent;

	(void)name;
	if (r->why != NULL)
		return;
	e = &r->open[--r->depth];
	text = sp_buf_view(&e->text);
	value = e->object;
	e->object = NULL;			/* now in `value` */
	if (value == NULL)
		value = text_object(text);
	else if (sp_str_trim(text, " \t\r\n").len > 0)
		add(value, "#text", text_object(text), false);
	parent = r->depth > 0 ? object_of(&r->open[r->depth - 1]) : r->root;
	add(parent, e->name.p, value, is_array(r, e->name));
}

static void
on_text(void *arg, const char *text, int len)
{
	struct reader *r = arg;

	if (r->why == NULL && r->depth > 0)
		sp_buf_add(&r->open[r->depth - 1].text, text, (size_t)len);
}

static void
on_doctype(void *arg, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(arg, "it has a document type");
}

bool
sp_xml_read(struct sp_arena *mem, struct sp_str xml, const char *arrays, struct json_object **out, const char **why)
{
	struct reader *r = sp_alloc(mem, sizeof(*r));
	bool ok;

	*r = (struct reader){ .mem = mem, .arrays = arrays != NULL ? arrays : "", .root = sp_json_new(mem) };
	if (xml.len > INT32_MAX) {
		*why = "it is too long";
		return false;
	}
	if ((r->parser = XML_ParserCreateNS(NULL, SEPARATOR)) == NULL)
		sp_out_of_memory();
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	ok = XML_Parse(r->parser, xml.p != NULL ? xml.p : "", (int)xml.len, XML_TRUE) == XML_STATUS_OK && r->why == NULL;
	if (!ok)
		*why = r->why != NULL ? r->why : XML_ErrorString(XML_GetErrorCode(r->parser));
	for (size_t i = 0; i < r->depth; i++)
		json_object_put(r->open[i].object);
	XML_ParserFree(r->parser);
	if (ok)
		*out = r->root;
	return ok;
}
