/*
 * index_archive.h - reading a .tar.gz of a source tree, as code hosts make it
 *
 * Nothing is written to a disk.  The reader is strict, because the archive comes
 * from elsewhere: POSIX tar (ustar and pax, IEEE Std 1003.1), one gzip member
 * (RFC 1952) whose checksum holds, one directory at the top, and no name that
 * leads out of it.  Links and devices are passed over and never followed.  What
 * comes out of the decompression has a ceiling, however little went in.
 */
#ifndef SP_BIN_INDEX_ARCHIVE_H
#define SP_BIN_INDEX_ARCHIVE_H

#include <sys/types.h>
#include "base/arena.h"

struct index_archive;

/* Gives up to `size` bytes of the compressed archive; 0 at its end, -1 on failure. */
typedef ssize_t index_archive_source(void *arg, void *bytes, size_t size);

struct index_entry {
	struct sp_str path;	/* below the directory at the top; valid UTF-8; until the next entry */
	int64_t size;		/* bytes */
	int64_t modified_us;	/* microseconds since 1970 */
};

enum index_archive_step {
	INDEX_ARCHIVE_FILE,	/* *entry is the next regular file */
	INDEX_ARCHIVE_END,	/* there is no more, and the whole was well formed */
	INDEX_ARCHIVE_BAD,	/* index_archive_why() says what is wrong */
};

/* `most`: bytes that may come out of it. */
struct index_archive *index_archive_open(index_archive_source *source, void *arg, int64_t most);
void index_archive_close(struct index_archive *archive);

enum index_archive_step index_archive_next(struct index_archive *archive, struct index_entry *entry);

/* The bytes of the entry at hand, all of them.  False: the archive is bad. */
SP_MUST_USE bool index_archive_read(struct index_archive *archive, struct sp_arena *mem, struct sp_str *bytes);

/* What the archive says of itself (git: the commit); absent when it says nothing.  Lives as long as the archive. */
struct sp_str index_archive_comment(const struct index_archive *archive);

/* Links and other things that are no files, so far. */
size_t index_archive_passed_over(const struct index_archive *archive);

const char *index_archive_why(const struct index_archive *archive);

#endif
