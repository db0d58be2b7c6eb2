/*
 * content.h - resources, templates and prompts of the catalog
 *
 * They are called as tools are (run.h), under the same rights and limits and with
 * an audit row of their own event.  What a call gives in sp_tool_result.json:
 *
 *	resource, template	ReadResourceResult.contents, an array; absent: there is nothing
 *	prompt			GetPromptResult.messages, an array
 *	a completing function	Completion: values, total, hasMore
 *
 * Kinds: "function" (sql_tool.h) is an entry of any list, "content" a resource in
 * its row, "messages" a prompt in its row, "directory" the files below a
 * directory (directory.h).
 */
#ifndef SP_TOOLS_CONTENT_H
#define SP_TOOLS_CONTENT_H

#include "tools/run.h"
#include "tools/uri_template.h"

#define SP_COMPLETION_MAX 100		/* values in one answer: MCP, completion, "Completion Results" */

/* How an argument is completed. */
struct sp_completion {
	const char *argument;
	/* is given {"value": what was typed, "context": the other arguments, an object} */
	const struct sp_tool *function;	/* NULL: one of these values */
	const struct sp_str *values;
	size_t count;
};

struct sp_prompt_argument {
	const char *name;
	bool required;
};

struct sp_content {
	const struct sp_uri_template *template;	/* of a template */
	int64_t ttl_ms;				/* how long a client may keep what it read */
	bool varies;				/* who may read it, or what is read, depends on the caller */
	struct sp_str description;		/* of a prompt */
	const struct sp_prompt_argument *arguments;
	size_t argument_count;
	const struct sp_completion *completions;
	size_t completion_count;
};

/*
 * Makes entry->content of the spec of its row.  entry has everything else
 * already.  False: *why.
 */
SP_MUST_USE bool sp_content_load(struct sp_arena *mem, struct json_object *spec, bool is_template,
    struct sp_tool *entry, const char **why);

/* NULL: this argument has none. */
const struct sp_completion *sp_content_completion(const struct sp_content *content, struct sp_str argument);

extern const struct sp_tool_kind sp_stored_content, sp_stored_messages;

/*
 * A text of a stored prompt with the arguments (an object of strings) in their
 * places: "{{name}}" is replaced once, what is put in is not looked at again, and
 * an optional argument that was not given is empty.  Braces around anything else
 * stay.
 */
struct sp_str sp_prompt_text(struct sp_arena *mem, struct sp_str text, const struct sp_content *content,
    struct json_object *arguments);

#endif
