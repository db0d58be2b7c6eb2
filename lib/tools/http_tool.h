/*
 * http_tool.h - tools of kind "http": a call of an HTTP service
 *
 *	http:
 *	  source: orders			or one that stands here: {url: ...}
 *	  let: {number: {from: "{job}", pattern: "^(?:job[- ]?|#)?([0-9]+)$", error: "not a number of a job"}}
 *	  resolve: [{as: id, value: "{number}", unless: "^[0-9]{7,}$", path: /jobs, query: {no: "{number}"},
 *	             items: /data, match: {jobNo: "{number}"}, take: /id, missing: there is no such job}]
 *	  read: {path: "/jobs/{id}", select: /data, overlay: true}
 *	  method: PUT
 *	  path: /jobs/{id}
 *	  body: {title: "{title|read/title}"}
 *	  response: {select: /data}
 *	  success: [200, 201]
 *	  cases: [{status: 303, result: {exists: true, location: "{answer/headers/location}"}}]
 *	  retries: 1
 *
 * One call of the tool is one request, after those of `resolve` and `read` if there
 * are any; all of them in the time of the call.  The parts of a request are those
 * of http_parts.h, the response is that of http_answer.h.  Without `response` a JSON
 * answer is given as it is, text as text, an image, a sound and everything else
 * as such content.
 *
 * `let` takes a part of an argument: what the parentheses of the pattern hold, or
 * all that it matches.  `resolve` looks something up: the first of `items` whose
 * members have exactly these texts, and `take` of that becomes the variable `as`;
 * a value that fits `unless` is taken as it is.  `read` makes the variable "read";
 * with overlay the body has all members of that which it does not set itself.
 * An argument that is not given is the default of its schema, if it has one.
 *
 *	http:
 *	  source: orders
 *	  choose: action			or begin: {function: shop.cancel}
 *	  requests:
 *	    list: {path: /jobs}
 *	    close: {method: POST, path: "/jobs/{with/id}/close", answer: {function: shop.closed}}
 *
 * Of several `requests` an argument names the one that is made (`choose`), or a SQL
 * function (`begin`): sql_function.h.  `answer` gives what came to a function, which
 * is asked for every status but those of `cases`.  What a function says is the
 * result; or {"request": NAME, "with": {...}} for another request, up to 50 in a call,
 * in which "with" is a variable, as it is for the function of that one.
 */
#ifndef SP_TOOLS_HTTP_TOOL_H
#define SP_TOOLS_HTTP_TOOL_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_http_tool;

#endif
