/*
 * directory.h - resources of kind "directory": the files below a directory
 *
 * A row names a directory by a word; the setting resource_dirs of each host says
 * where that is, or that there is none.  So nobody who writes rows can point at
 * files that an operator has not opened.
 *
 * The path of a URI has plain segments only: none is empty, begins with a dot or
 * has a control character.  Each is opened below the one before and never through
 * a symbolic link; the file must be a regular one and no larger than the entry's
 * max_bytes.
 */
#ifndef SP_TOOLS_DIRECTORY_H
#define SP_TOOLS_DIRECTORY_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_directory;

/* What completes a path of this entry with the names below its directory. */
const struct sp_tool *sp_directory_names(struct sp_arena *mem, const struct sp_tool *entry);

enum sp_file_status {
	SP_FILE_READ,
	SP_FILE_NOT_THERE,		/* or not to be had: nobody is told which */
	SP_FILE_TOO_LARGE,		/* out->len is what there is */
};

/* Reads a file of at most max bytes at `path` below a directory, as above. */
SP_MUST_USE enum sp_file_status sp_directory_read(struct sp_arena *mem, const char *directory, struct sp_str path,
    size_t max, struct sp_str *out);

/*
 * The paths below a directory that begin with `typed`: names in the directory
 * that it reaches into, those of directories with "/" behind them, sorted.
 * *count has at most `max`, *total all of them.  None when there is no such directory.
 */
struct sp_str *sp_directory_list(struct sp_arena *mem, const char *directory, struct sp_str typed, size_t max,
    size_t *count, size_t *total);

#endif
