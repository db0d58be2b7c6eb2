/*
 * catalog_write.h - JSON trees as YAML that catalog_read.h reads as the same trees
 */
#ifndef SP_BIN_CATALOG_WRITE_H
#define SP_BIN_CATALOG_WRITE_H

#include "base/json.h"

/* The trees as the documents of one text, in mem; strings in them are UTF-8 without NUL. */
struct sp_str catalog_write_yaml(struct sp_arena *mem, struct json_object *const *trees, size_t count);

#endif
