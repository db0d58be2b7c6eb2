/*
 * catalog_diff.h - what an apply changes, shown
 */
#ifndef SP_BIN_CATALOG_DIFF_H
#define SP_BIN_CATALOG_DIFF_H

#include "command.h"
#include "tools/document.h"

/*
 * The rows of sql/queries/catalog_apply.sql: a line for each document, and below
 * a changed one a line for each member that differs, in the words of documents.
 */
void catalog_print_difference(struct command *c, const struct sp_documents *documents, const PGresult *r);

#endif
