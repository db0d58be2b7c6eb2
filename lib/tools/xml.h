/*
 * xml.h - XML in, as JSON
 *
 * An element without attributes and children is its text.  Any other is an
 * object: attributes are "@name", children are members by their local name, text
 * beside them is "#text".  A name that comes again makes an array of its values.
 * Prefixes and namespaces are dropped.
 *
 * Refused: a document type (and so all entities but XML's own five), a depth over
 * 64, more elements and attributes than SP_XML_MAX_NODES.
 */
#ifndef SP_TOOLS_XML_H
#define SP_TOOLS_XML_H

#include "base/json.h"

#define SP_XML_MAX_NODES 100000		/* each takes some hundred bytes as JSON */

/*
 * `arrays`: local names that are arrays also when they come once, separated by
 * spaces; NULL: none.  *out is an object with the root element as its member.
 * False: *why is a static text.
 */
SP_MUST_USE bool sp_xml_read(struct sp_arena *mem, struct sp_str xml, const char *arrays, struct json_object **out,
    const char **why);

#endif
