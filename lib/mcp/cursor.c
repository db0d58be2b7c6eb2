/* cursor.c - where the next page of a list begins */
#include "mcp/cursor.h"

#include "base/encode.h"

#define PURPOSE "mcp-cursor"

static struct sp_str
bound_to(struct sp_arena *mem, const struct sp_mcp_page *page)
{
	/* none of these has a line break in it */
	return sp_str(sp_printf(mem, "%s\n%s\n%lld\n%s\n%s", page->server, page->list,
	    (long long)page->catalog_version, page->caller->tier != NULL ? page->caller->tier : "",
	    sp_scope_text(mem, &page->caller->scope)));
}

struct sp_str
sp_mcp_cursor_make(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_mcp_page *page,
    int64_t last)
{
	struct sp_str sealed = sp_seal(mem, ring, PURPOSE, bound_to(mem, page),
	    sp_str(sp_printf(mem, "%lld", (long long)last)));

	return sp_base64url_encode(mem, sealed.p, sealed.len);
}

bool
sp_mcp_cursor_read(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_mcp_page *page,
    struct sp_str cursor, int64_t *last)
{
	struct sp_str sealed, plain;

	return sp_base64url_decode(mem, cursor, &sealed) &&
	    sp_unseal(mem, ring, PURPOSE, bound_to(mem, page), sealed, &plain) &&
	    sp_str_int64(plain, 1, INT64_MAX, last);
}
