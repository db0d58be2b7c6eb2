/* sql_value.c - JSON values as PostgreSQL reads them */
#include "tools/sql_value.h"

#include <math.h>

#define LITERAL_MAX	((size_t)64 * 1024 * 1024)

struct sp_str
sp_sql_text(struct sp_arena *mem, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return (struct sp_str){ NULL, 0 };
	case json_type_string:
		return sp_json_text(value);
	case json_type_double: {
		double d = json_object_get_double(value);

		/* JSON Schema's integers include 42.0, PostgreSQL's do not */
		if (fabs(d) <= 9007199254740992.0 && floor(d) == d)
			return sp_str(sp_printf(mem, "%.0f", d));
		return sp_json_print(mem, value);
	}
	default:
		return sp_json_print(mem, value);
	}
}

struct sp_str
sp_sql_array(struct sp_arena *mem, struct json_object *array, bool of_json)
{
	size_t n = json_object_array_length(array);
	struct sp_buf b;

	sp_buf_init(&b, mem, LITERAL_MAX);
	sp_buf_char(&b, '{');
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(array, i);
		struct sp_str item = of_json ? sp_json_print(mem, value) : sp_sql_text(mem, value);

		if (i > 0)
			sp_buf_char(&b, ',');
		if (item.p == NULL) {
			sp_buf_cstr(&b, "NULL");
			continue;
		}
		sp_buf_char(&b, '"');
		for (size_t k = 0; k < item.len; k++) {
			if (item.p[k] == '"' || item.p[k] == '\\')
				sp_buf_char(&b, '\\');
			sp_buf_char(&b, item.p[k]);
		}
		sp_buf_char(&b, '"');
	}
	sp_buf_char(&b, '}');
	return sp_buf_view(&b);
}

struct sp_param
sp_sql_param(struct sp_arena *mem, enum sp_sql_input input, struct json_object *value)
{
	bool is_array = json_object_is_type(value, json_type_array);

	if (input == SP_SQL_JSON)
		return SP_P_STR(sp_json_print(mem, value));
	if (is_array && (input == SP_SQL_ARRAY || input == SP_SQL_JSON_ARRAY))
		return SP_P_STR(sp_sql_array(mem, value, input == SP_SQL_JSON_ARRAY));
	return SP_P_STR(sp_sql_text(mem, value));
}
