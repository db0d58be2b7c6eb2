/* http_message.c - a request that is being put together for an HTTP service */
#include "tools/http_message.h"

static struct sp_http_field *
find(struct sp_http_message *m, const char *name)
{
	for (size_t i = 0; i < m->field_count; i++)
		if (sp_str_caseis(sp_str(m->fields[i].name), name))
			return &m->fields[i];
	return m->field_count < SP_MESSAGE_FIELDS ? &m->fields[m->field_count++] : NULL;
}

bool
sp_message_has(const struct sp_http_message *m, const char *name)
{
	for (size_t i = 0; i < m->field_count; i++)
		if (sp_str_caseis(sp_str(m->fields[i].name), name))
			return true;
	return false;
}

bool
sp_message_set(struct sp_http_message *m, const char *name, struct sp_str value)
{
	struct sp_http_field *field;

	if (sp_str_has_control(value) || value.len > SP_MESSAGE_FIELD_MAX || (field = find(m, name)) == NULL)
		return false;
	*field = (struct sp_http_field){ name, value };
	return true;
}
