/*
 * catalog_host.h - what this host does not have, or does not allow, that documents need: programs, directories, addresses
 *
 * No fault of the documents: they may be for another host, or come before the
 * program does.  But whoever checks or applies them here wants to hear it now and
 * not from the log after the first call.
 */
#ifndef SP_BIN_CATALOG_HOST_H
#define SP_BIN_CATALOG_HOST_H

#include "base/settings.h"
#include "tools/document.h"

/* Prints "FILE:LINE: warning: ..." on standard error, for documents that are without fault. */
void catalog_warn_of_host(struct sp_documents *all, const struct sp_settings *settings);

#endif
