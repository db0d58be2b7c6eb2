/*
 * catalog_file.h - the files of a catalog: what was named on the command line, and what documents name beside them
 */
#ifndef SP_BIN_CATALOG_FILE_H
#define SP_BIN_CATALOG_FILE_H

#include "tools/document.h"

/* A file of SQL that stood in a directory; run before the documents are applied. */
struct catalog_sql {
	const char *path;
	struct sp_str text;
	struct catalog_sql *next;
};

/*
 * Reads a file (.yaml, .yml, .json; "-": standard input, as YAML), or all such
 * files of a directory in the order of their names, into the documents.  A
 * directory may hold .sql, too, which goes to the end of the list *sql.  Other
 * files of a directory, and those whose name begins with a dot, are left alone.
 * What cannot be read is a fault.
 */
void catalog_add_path(struct sp_documents *all, const char *path, struct catalog_sql **sql);

/*
 * By what the documents of a file are known: its name and that of its directory.
 * So each way to type a path is one, and so is each place where the same tree is
 * checked out.  Standard input is "-".
 */
const char *catalog_known_by(struct sp_arena *mem, const char *path);

/*
 * For sp_documents: files beside a document.  Their path is relative, has no ".."
 * and no hidden name, and leads through no symbolic link: a document reaches
 * what lies with it, and nothing else of the machine it is applied on.
 */
bool catalog_read_bytes(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
    struct sp_str *out, const char **why);
bool catalog_read_tree(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
    struct json_object **out, const struct sp_place **place, const char **why);

#endif
