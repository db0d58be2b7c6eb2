/*
 * catalog_work.h - what a change of the catalog is shown by, for documents that were not named as files
 */
#ifndef SP_BIN_CATALOG_WORK_H
#define SP_BIN_CATALOG_WORK_H

#include "command.h"
#include "tools/document.h"

/* Prints what applying the documents that add() adds would change, and changes nothing; an exit status. */
int catalog_difference(struct command *c, void (*add)(struct sp_documents *all, void *arg), void *arg);

#endif
