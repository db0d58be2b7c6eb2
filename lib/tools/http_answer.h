/*
 * http_answer.h - what a document takes of the answer of a service
 *
 *	response:
 *	  select: /data
 *	  project: {name: /customerFullName, email: [/email, "/contactItems/?contactType=email/contactValue"]}
 *	  list: {items: /data, as: customers, next: {link: /paging/links/next, parameter: pageCursor}}
 *	  xml: {arrays: [item]}
 *	  text: true
 *	  error: /errors/0/message
 *
 * A path is a JSON pointer (RFC 6901), with a step "?member=value|other" that is
 * the first item of an array whose member has one of these texts.  A projection is
 * made of the selected object, of each item of the selected array, of each item of
 * the list.  Its members are paths, lists of paths of which the first that leads
 * somewhere other than to null counts, objects of the same kind, and
 * {each: PATH, project: {...}} for arrays; what leads nowhere is null, and so is
 * an object all of whose members are.
 */
#ifndef SP_TOOLS_HTTP_ANSWER_H
#define SP_TOOLS_HTTP_ANSWER_H

#include "base/json.h"
#include "net/http.h"

struct sp_path;
struct sp_answer_shape;

/* ---- paths ---- */

SP_MUST_USE bool sp_path_parse(struct sp_arena *mem, struct sp_str text, const struct sp_path **out, const char **why);
/* False: it leads nowhere.  *out may be NULL, which is null. */
SP_MUST_USE bool sp_path_follow(struct sp_arena *mem, const struct sp_path *path, struct json_object *from,
    struct json_object **out);

/* The last value of a parameter in the query of a URL or of a reference, decoded.  False: none. */
SP_MUST_USE bool sp_link_parameter(struct sp_arena *mem, struct sp_str link, const char *parameter, struct sp_str *out);
/* The target of this relation in a Link field (RFC 8288). */
SP_MUST_USE bool sp_link_find(struct sp_str field, const char *relation, struct sp_str *out);

/* ---- shapes ---- */

/* json NULL: the answer as it is.  False: *why begins with the member. */
SP_MUST_USE bool sp_answer_shape_load(struct sp_arena *mem, struct json_object *json,
    const struct sp_answer_shape **out, const char **why);

enum sp_answer_reading { SP_ANSWER_BY_TYPE, SP_ANSWER_XML, SP_ANSWER_TEXT };
enum sp_answer_reading sp_answer_reading(const struct sp_answer_shape *shape);
const char *sp_answer_arrays(const struct sp_answer_shape *shape);	/* for sp_xml_read() */

/* Appends to *b what the shape makes of it.  False: *why. */
SP_MUST_USE bool sp_answer_write(struct sp_arena *mem, const struct sp_answer_shape *shape, struct json_object *body,
    const struct sp_http_answer *answer, struct sp_buf *b, const char **why);

/*
 * What a service says went wrong, for a model: the member that the shape names,
 * else where services use to have it, else the text itself if it is short.  One
 * line without control characters, at most 500 bytes; absent when it says nothing.
 */
struct sp_str sp_answer_error(struct sp_arena *mem, const struct sp_answer_shape *shape, struct json_object *body,
    const struct sp_http_answer *answer);

#endif
