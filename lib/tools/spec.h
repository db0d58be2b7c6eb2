/*
 * spec.h - reading the spec of a tool: what is not known is an error
 *
 * All messages begin with the member that they are about ("query.page: ...").
 */
#ifndef SP_TOOLS_SPEC_H
#define SP_TOOLS_SPEC_H

#include "base/json.h"

/* Whether the object has no members but these ("a b c").  False: *why names the first other one. */
SP_MUST_USE bool sp_spec_only(struct sp_arena *mem, struct json_object *object, const char *names, const char **why);
/* Puts the place in front of *why, and is false. */
bool sp_spec_at(struct sp_arena *mem, const char *place, const char **why);

/*
 * A member as this type, copied into mem.  Absent (or null): true, and *out is
 * untouched.  False: *why.
 */
SP_MUST_USE bool sp_spec_text(struct sp_arena *mem, struct json_object *object, const char *name, const char **out,
    const char **why);
SP_MUST_USE bool sp_spec_bool(struct sp_arena *mem, struct json_object *object, const char *name, bool *out,
    const char **why);
SP_MUST_USE bool sp_spec_integer(struct sp_arena *mem, struct json_object *object, const char *name, int64_t min,
    int64_t max, int64_t *out, const char **why);
/* "500ms", "5s", "2m", "1h", in milliseconds. */
SP_MUST_USE bool sp_spec_duration(struct sp_arena *mem, struct json_object *object, const char *name, int64_t min_ms,
    int64_t max_ms, int64_t *out, const char **why);
/* "64KiB", "1MiB" or a number, in bytes. */
SP_MUST_USE bool sp_spec_size(struct sp_arena *mem, struct json_object *object, const char *name, int64_t max,
    int64_t *out, const char **why);
/* A member that has to be an object or an array; *out is NULL when it is absent. */
SP_MUST_USE bool sp_spec_object(struct sp_arena *mem, struct json_object *object, const char *name,
    struct json_object **out, const char **why);
SP_MUST_USE bool sp_spec_array(struct sp_arena *mem, struct json_object *object, const char *name,
    struct json_object **out, const char **why);

#endif
