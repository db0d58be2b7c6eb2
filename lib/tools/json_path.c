/* json_path.c - ways into an answer: paths, and parameters of links */
#include "tools/http_answer.h"

#include "base/encode.h"
#include "tools/blanks.h"

struct step {
	const char *name;		/* of a member; an index; of "?name=a|b" the member that is compared */
	const char *values;		/* NULL: no "?" */
};

struct sp_path {
	const struct step *step;
	size_t count;
};

/* ---- paths ---- */

/* RFC 6901 section 4: "~1" is "/", "~0" is "~". */
static char *
unescape(struct sp_arena *mem, struct sp_str token)
{
	char *text = sp_cstr(mem, token), *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '0' ? '~' : '/';
		else
			*to++ = *from;
	*to = '\0';
	return text;
}

bool
sp_path_parse(struct sp_arena *mem, struct sp_str text, const struct sp_path **out, const char **why)
{
	struct sp_path *path = sp_alloc(mem, sizeof(*path));
	struct step *step = sp_alloc_array(mem, text.len + 1, sizeof(*step));
	char *equals;

	if (text.len > 0 && text.p[0] != '/') {
		*why = "a path begins with \"/\", or is empty";
		return false;
	}
	if (text.len > 500) {
		*why = "a path has at most 500 bytes";
		return false;
	}
	path->step = step;
	while (text.len > 0) {
		struct sp_str token, rest = sp_str_sub(text, 1, text.len);
		ptrdiff_t slash = sp_str_index(rest, '/');
		struct step *s = &step[path->count++];

		token = slash < 0 ? rest : sp_str_sub(rest, 0, (size_t)slash);
		text = sp_str_sub(rest, token.len, rest.len);
		s->name = unescape(mem, token);
		if (s->name[0] != '?')
			continue;
		if ((equals = strchr(s->name, '=')) == NULL) {
			*why = "a step with \"?\" is \"?member=value\"";
			return false;
		}
		*equals = '\0';
		s->values = equals + 1;
		s->name++;
	}
	*out = path;
	return true;
}

static bool
is_one_of(struct sp_str text, const char *values)
{
	struct sp_str rest = sp_str(values), word;

	while (sp_str_split(&rest, '|', &word))
		if (sp_str_eq(word, text))
			return true;
	return false;
}

static bool
find_item(struct sp_arena *mem, const struct step *s, struct json_object *array, struct json_object **out)
{
	struct json_object *member;
	struct sp_str text;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_object) && json_object_object_get_ex(item, s->name, &member) &&
		    sp_value_text(mem, member, &text) && is_one_of(text, s->values)) {
			*out = item;
			return true;
		}
	}
	return false;
}

bool
sp_path_follow(struct sp_arena *mem, const struct sp_path *path, struct json_object *from, struct json_object **out)
{
	int64_t n;

	for (size_t i = 0; i < path->count; i++) {
		const struct step *s = &path->step[i];

		switch (json_object_get_type(from)) {
		case json_type_object:
			if (s->values != NULL || !json_object_object_get_ex(from, s->name, &from))
				return false;
			break;
		case json_type_array:
			if (s->values != NULL) {
				if (!find_item(mem, s, from, &from))
					return false;
			} else if (sp_str_int64(sp_str(s->name), 0, (int64_t)json_object_array_length(from) - 1, &n))
				from = json_object_array_get_idx(from, (size_t)n);
			else
				return false;
			break;
		default:
			return false;
		}
	}
	*out = from;
	return true;
}

/* ---- links ---- */

bool
sp_link_parameter(struct sp_arena *mem, struct sp_str link, const char *parameter, struct sp_str *out)
{
	ptrdiff_t question = sp_str_index(link, '?'), hash = sp_str_index(link, '#');
	struct sp_str query, pair, name, value;
	bool found = false;

	if (question < 0 || (hash >= 0 && hash < question))
		return false;
	query = sp_str_sub(link, (size_t)question + 1, hash >= 0 ? (size_t)hash : link.len);
	while (sp_str_split(&query, '&', &pair)) {
		ptrdiff_t equals = sp_str_index(pair, '=');

		/* the last one counts: some services repeat it with the new value */
		if (equals >= 0 && sp_form_decode(mem, sp_str_sub(pair, 0, (size_t)equals), &name) && sp_str_is(name, parameter) &&
		    sp_form_decode(mem, sp_str_sub(pair, (size_t)equals + 1, pair.len), &value)) {
			*out = value;
			found = true;
		}
	}
	return found;
}

/* The parameters behind a target: "; rel=next" or "; rel=\"next prev\"". */
static bool
has_relation(struct sp_str parameters, const char *relation)
{
	struct sp_str part, word;

	while (sp_str_split(&parameters, ';', &part)) {
		part = sp_str_trim(part, " \t");
		if (!sp_str_caseis(sp_str_sub(part, 0, 4), "rel="))
			continue;
		part = sp_str_trim(sp_str_sub(part, 4, part.len), "\"");
		while (sp_str_split(&part, ' ', &word))
			if (sp_str_caseis(word, relation))
				return true;
	}
	return false;
}

bool
sp_link_find(struct sp_str field, const char *relation, struct sp_str *out)
{
	ptrdiff_t open, close, next;
	struct sp_str target, rest;

	while ((open = sp_str_index(field, '<')) >= 0) {
		field = sp_str_sub(field, (size_t)open + 1, field.len);
		if ((close = sp_str_index(field, '>')) < 0)
			return false;
		target = sp_str_sub(field, 0, (size_t)close);
		field = sp_str_sub(field, (size_t)close + 1, field.len);
		next = sp_str_index(field, '<');
		rest = next < 0 ? field : sp_str_sub(field, 0, (size_t)next);
		if (has_relation(sp_str_trim(rest, " \t,"), relation)) {
			*out = target;
			return true;
		}
	}
	return false;
}
