/*
 * confirm.h - a person agrees before a tool acts (option "confirm")
 *
 * A client that can elicit is asked: a form with one boolean, which shows the tool
 * and its arguments, save the sensitive ones.  The answer is good for the same
 * arguments only, whose digest travels in the state of the call, and once.  What a
 * model writes does not count there.
 *
 * A client that cannot is given a first answer,
 *	{"confirmation_required": true, "message": ...}
 * and the tool acts when it is called again with the argument `confirm`: true, or
 * one of the texts 1, true, yes, y.  The argument is in the schema that is listed;
 * the tool itself sees it, as a boolean, when its author's schema has it.
 */
#ifndef SP_TOOLS_CONFIRM_H
#define SP_TOOLS_CONFIRM_H

#include "tools/run.h"

/*
 * Adds the argument to a schema that is about to be listed; *there: it has one of
 * this name.
 */
void sp_confirm_add_argument(struct sp_arena *mem, struct json_object *schema, bool *there);

struct sp_confirm {
	bool said;			/* by the argument */
	const char *digest;		/* of tool and arguments, in hexadecimal */
};

/* Before the arguments are judged: takes the argument out, or makes a boolean of it. */
struct json_object *sp_confirm_begin(const struct sp_tool_call *call, struct json_object *arguments,
    struct sp_confirm *out);

enum sp_confirm_outcome {
	SP_CONFIRM_GIVEN,
	SP_CONFIRM_ASKED,		/* out->questions: to end as SP_TOOL_ASKS */
	SP_CONFIRM_NEEDED,		/* *out is the first answer */
	SP_CONFIRM_DECLINED,		/* *out says so */
};

/*
 * Given: *arguments say so, too, to a tool that takes `confirm`, and *exchange is
 * what the tool sees of call->exchange: without this question's part of the state.
 */
enum sp_confirm_outcome sp_confirm(const struct sp_tool_call *call, const struct sp_confirm *confirm,
    struct json_object **arguments, struct sp_exchange *exchange, struct sp_tool_result *out);

/* The tool has questions of its own: their state holds from here on that this was confirmed. */
void sp_confirm_wrap(const struct sp_tool_call *call, const struct sp_confirm *confirm, struct sp_questions *questions);

#endif
