/*
 * listing.h - an entry of tools/list, resources/list ... as each revision of MCP knows it
 *
 * An entry is made once, with everything that the newest revision has; the older
 * ones get it without the members that came later, and a tool's title where
 * 2025-03-26 looks for it (annotations.title).  Up to 2025-11-25 an output schema
 * is one of an object; another is left out there.
 */
#ifndef SP_TOOLS_LISTING_H
#define SP_TOOLS_LISTING_H

#include "base/json.h"

/* The revisions, in the order of mcp/version.h. */
enum sp_listing_form {
	SP_LISTING_2025_03_26,
	SP_LISTING_2025_06_18,
	SP_LISTING_2025_11_25,
	SP_LISTING_2026_07_28,
	SP_LISTING_FORMS
};

struct sp_listing {
	struct sp_str form[SP_LISTING_FORMS];	/* JSON text; the same text where they do not differ */
};

/* Writes the forms of an entry into mem; scratch has what is not kept.  False: it is too long. */
SP_MUST_USE bool sp_listing_write(struct sp_arena *mem, struct sp_arena *scratch, struct json_object *entry,
    struct sp_listing *out);

#endif
