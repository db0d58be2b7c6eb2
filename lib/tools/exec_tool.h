/*
 * exec_tool.h - tools of kind "executable": a program of this host
 *
 *	command: [/opt/tools/count, --unit, "{unit}", "--", "{word}"]	exec_argv.h
 *	paths: {file: {below: /srv/docs}}
 *	dashes: [offset]
 *	stdin: none			none, json (all arguments), or a text with blanks
 *	output: text			text, json, or lines (an array of texts)
 *	environment: {API_KEY: "${env:CREDENTIAL_COUNT}"}	and PATH and LANG, if they are not there
 *	credential: shop		whose secret a variable is that says "${credential}"
 *	directory: /
 *	limits: {cpu: 10s, memory: 256MiB, file: 10MiB, output: 64KiB, processes: 64, files: 256}
 *	exit: {1: ok, 3: "there is no such unit"}	others than 0 are errors
 *	seccomp: basic
 *	concurrency: 4			calls at one time, in a process of ours
 *	progress: true			lines {"progress": 1, "total": 3, "message": "..."} on standard error
 *
 * Only command has to be there.  An argument that is not given is the default of
 * its schema.  The program runs as child.h says: the setting executable_dirs has
 * to let it, it gets nothing but what stands here, and nothing of it outlives the
 * call, which holds no database connection meanwhile.
 *
 *	ends with 0, or a status that is "ok"	the result
 *	with another status			is_error: what exit says, or the end of its standard error
 *	by a signal, a limit, its time		is_error, and which
 *	says more than output, or max_bytes	is_error, and the size
 *	is no JSON, cannot be started		"internal error, request id ...", is_error; the log has why
 *
 * Text that is not UTF-8 gets U+FFFD where it is not.  Standard error is shown
 * without control characters, at most 2 KB of it.  In whatever the program says,
 * the values that references in the environment, or "${credential}", stood for
 * are overwritten.
 */
#ifndef SP_TOOLS_EXEC_TOOL_H
#define SP_TOOLS_EXEC_TOOL_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_exec_tool;

/* As UTF-8 without NUL: what is not gets U+FFFD. */
struct sp_str sp_exec_text(struct sp_arena *mem, struct sp_str bytes);
/* The same for people to read: no control characters but line breaks and tabs, no escape sequences of terminals. */
struct sp_str sp_exec_clean(struct sp_arena *mem, struct sp_str bytes);

#endif
