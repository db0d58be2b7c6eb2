/*
 * catalog_read.h - the text of a document file to trees with places
 *
 * YAML is 1.2 with the core schema, and strict: no anchors and aliases, no tags,
 * no merge keys, no name twice, names are texts; `no`, `yes` and `on` are texts,
 * and a number that two versions of YAML read differently (007) is refused.
 * What comes out is what JSON has, so .inf and .nan are refused, too.
 *
 * Every size is bounded: hostile text costs as much as it is long.
 */
#ifndef SP_BIN_CATALOG_READ_H
#define SP_BIN_CATALOG_READ_H

#include "tools/document.h"

#define CATALOG_DEPTH_MAX	60		/* below SP_JSON_MAX_DEPTH: a document lies in an array later */
#define CATALOG_NODES_MAX	((size_t)400000) /* of one file; a large API description has 200,000 */
#define CATALOG_TREES_MAX	10000		/* between "---" in one file */
#define CATALOG_FILE_MAX	((size_t)16 * 1024 * 1024)

struct catalog_tree {
	struct json_object *tree;	/* belongs to mem; NULL: null */
	const struct sp_place *place;
};

struct catalog_trees {
	struct catalog_tree *item;
	size_t count;
};

/*
 * False: *line and *why, in mem, say what is wrong; *out is untouched.  A YAML
 * text may hold several, with "---" between them; empty ones are left out.
 */
SP_MUST_USE bool catalog_read_yaml(struct sp_arena *mem, struct sp_str text, struct catalog_trees *out,
    int *line, const char **why);
SP_MUST_USE bool catalog_read_json(struct sp_arena *mem, struct sp_str text, struct catalog_trees *out,
    int *line, const char **why);

/*
 * A plain scalar of the core schema (YAML 1.2.2 section 10.3.2) as JSON.  False:
 * *why.  For the writer, too: a text is quoted when it would be read as something else.
 */
enum catalog_scalar { CATALOG_TEXT, CATALOG_NULL, CATALOG_TRUE, CATALOG_FALSE, CATALOG_NUMBER, CATALOG_REFUSED };
enum catalog_scalar catalog_scalar(struct sp_arena *mem, struct sp_str text, struct sp_str *number, const char **why);

#endif
