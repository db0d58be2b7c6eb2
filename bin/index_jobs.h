/*
 * index_jobs.h - working off what the tools of catalogs/codesearch have asked for
 *
 * A job is claimed (table codesearch.job), done as the command line would do it,
 * and ends with its summary or with what went wrong.  Any number of processes
 * may work at it; one that is gone leaves its job to another when the lease has
 * run out.
 */
#ifndef SP_BIN_INDEX_JOBS_H
#define SP_BIN_INDEX_JOBS_H

#include "index_run.h"

/*
 * Does all jobs that there are, and with `wait` those that come, until
 * index_interrupted.  False: there was trouble with the database, and standard
 * error has it; a job that failed is no trouble.
 */
SP_MUST_USE bool index_jobs(const struct sp_settings *settings, const struct index_options *options, bool wait);

#endif
