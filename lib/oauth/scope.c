/* scope.c - lists of scope tokens */
#include "oauth/scope.h"

#include "base/buf.h"

/* RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E */
static bool
is_scope_char(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

static bool
is_scope_token(struct sp_str token)
{
	for (size_t i = 0; i < token.len; i++)
		if (!is_scope_char((unsigned char)token.p[i]))
			return false;
	return true;
}

bool
sp_scope_parse(struct sp_str text, struct sp_scope *out)
{
	struct sp_scope list = { .count = 0 };
	struct sp_str word;

	while (sp_str_split(&text, ' ', &word)) {
		if (word.len == 0 || sp_scope_has(&list, word))
			continue;
		if (!is_scope_token(word))
			return false;
		if (list.count == SP_SCOPE_MAX)
			return false;
		list.token[list.count++] = word;
	}
	*out = list;
	return true;
}

bool
sp_scope_has(const struct sp_scope *scope, struct sp_str token)
{
	for (size_t i = 0; i < scope->count; i++)
		if (sp_str_eq(scope->token[i], token))
			return true;
	return false;
}

void
sp_scope_narrow(const struct sp_scope *asked, const struct sp_scope *allowed, struct sp_scope *out)
{
	struct sp_scope list = { .count = 0 };

	for (size_t i = 0; i < asked->count; i++)
		if (sp_scope_has(allowed, asked->token[i]))
			list.token[list.count++] = asked->token[i];
	*out = list;
}

bool
sp_scope_within(const struct sp_scope *inner, const struct sp_scope *outer)
{
	for (size_t i = 0; i < inner->count; i++)
		if (!sp_scope_has(outer, inner->token[i]))
			return false;
	return true;
}

bool
sp_scope_is_habit(struct sp_str token)
{
	return sp_str_is(token, "openid") || sp_str_is(token, "profile") || sp_str_is(token, "email") ||
	    sp_str_is(token, "offline_access");
}

/* Longest list as text: every token may be long, but the texts come from bounded inputs. */
#define SCOPE_TEXT_MAX (1024 * 1024)

const char *
sp_scope_text(struct sp_arena *mem, const struct sp_scope *scope)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, SCOPE_TEXT_MAX);
	for (size_t i = 0; i < scope->count; i++) {
		if (i > 0)
			sp_buf_char(&b, ' ');
		sp_buf_str(&b, scope->token[i]);
	}
	return sp_buf_view(&b).p;
}

const char *
sp_scope_array(struct sp_arena *mem, const struct sp_scope *scope)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, SCOPE_TEXT_MAX);
	sp_buf_char(&b, '{');
	for (size_t i = 0; i < scope->count; i++) {
		if (i > 0)
			sp_buf_char(&b, ',');
		/* quoted: a token may hold , { } but neither " nor \ */
		sp_buf_char(&b, '"');
		sp_buf_str(&b, scope->token[i]);
		sp_buf_char(&b, '"');
	}
	sp_buf_char(&b, '}');
	return sp_buf_view(&b).p;
}
