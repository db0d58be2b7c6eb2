/*
 * exec_filter.h - system calls that no tool needs
 *
 * For sallyport-exec.  They fail with EPERM, as they do for most users anyway:
 * looking into other processes, mounting, the kernel's keys, programs and modules
 * of the kernel, its clock and name, further namespaces.  What programs do need,
 * files and sockets among it, is left alone; a filter of those is the operator's
 * to make, per program.
 */
#ifndef SP_EXEC_FILTER_H
#define SP_EXEC_FILTER_H

#include <stdbool.h>

/* For this process and all that come of it; needs no_new_privs.  False: not on this machine. */
bool exec_filter_install(void);

#endif
