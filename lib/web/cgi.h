/* cgi.h - one request from the environment, standard input and output; used by worker.c */
#ifndef SP_WEB_CGI_H
#define SP_WEB_CGI_H

#include "web/worker.h"

/* The process is open (process.h). Returns the exit status: 0 when the answer went out whole. */
int sp_cgi_run(void);

#endif
