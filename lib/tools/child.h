/*
 * child.h - programs that are run for a call, and of which nothing is left
 *
 * A program is never started by us itself but by sallyport-exec, a small
 * supervisor: it puts the program into its box, and when the program ends, or we
 * say so, or this process is no more, it kills all that came of the program and
 * only then ends.  What came of it is found again after any number of forks and
 * however it left its process group: in a PID namespace where the kernel gives
 * one, else because orphans come to the supervisor.
 *
 * The box: the arguments and the environment that are given and nothing else; no
 * descriptors but its standard three; its own session; limits; no core files; no
 * new privileges; umask 077; every signal as after a login.  Never a shell.
 *
 * Which programs there are is the operator's to say: those below a directory of
 * the setting executable_dirs.
 *
 * A child belongs to one thread.  The process ignores SIGPIPE, as all programs
 * do.  Only this child is ever waited for, so that others of the process are not
 * disturbed.
 */
#ifndef SP_TOOLS_CHILD_H
#define SP_TOOLS_CHILD_H

#include <sys/types.h>
#include "base/buf.h"
#include "base/settings.h"

/* 0: the default of the supervisor, which is in parentheses. */
struct sp_child_limits {
	int64_t cpu_s;			/* of each process (no limit) */
	int64_t memory_bytes;		/* data of each process (no limit) */
	int64_t file_bytes;		/* the largest file that is written (no limit) */
	int64_t processes;		/* and threads at one time (64) */
	int64_t files;			/* open ones, of each process (256) */
};

struct sp_child_start {
	const char *const *argv;	/* argv[0] is the absolute path; ended by NULL */
	const char *const *envp;	/* "NAME=value", ended by NULL; NULL: empty */
	const char *directory;		/* NULL: "/" */
	struct sp_child_limits limits;
	bool seccomp;			/* system calls that no tool needs are refused */
	bool plain;			/* without namespaces, even where there are some */
};

enum sp_child_how {
	SP_CHILD_RUNS,			/* or nobody has looked yet */
	SP_CHILD_EXITED,		/* status is its exit status */
	SP_CHILD_SIGNALLED,		/* status is the signal */
	SP_CHILD_NOT_STARTED,		/* status is the errno, `step` what failed */
	SP_CHILD_ENDED,			/* by sp_child_end(), before it ended itself */
};

struct sp_child {
	int in, out, err;		/* our ends, non-blocking; -1: closed */
	enum sp_child_how how;
	int status;
	char step[24];
	/* child.c's own */
	pid_t pid;			/* the supervisor's */
	int control;
	char report[64];
	size_t report_len;
};

/* How long to wait at most between two looks at whether the client is there. */
#define SP_CHILD_LOOK_MS 250

/*
 * Whether the setting executable_dirs lets this path be run.  False: *why, in
 * mem, says which setting would.
 */
SP_MUST_USE bool sp_child_permits(struct sp_arena *mem, const struct sp_settings *settings, const char *path,
    const char **why);

/*
 * Where the program of this name is: a word without "/" is looked for in the
 * directories of executable_dirs, in their order; else, and when none has it, the
 * word itself.
 */
const char *sp_child_find(struct sp_arena *mem, const struct sp_settings *settings, const char *word);

/*
 * Whether it could be run on this host as it is now: permitted, there, a file, and
 * executable for somebody.  For what is told to people before any call: who runs
 * it may be another user.  False: *why, in mem.
 */
SP_MUST_USE bool sp_child_is_runnable(struct sp_arena *mem, const struct sp_settings *settings, const char *path,
    const char **why);

/*
 * Starts it.  False: *why, in mem.  That a program is not there is told later
 * (SP_CHILD_NOT_STARTED).  On success sp_child_end() has to follow.
 */
SP_MUST_USE bool sp_child_start(struct sp_arena *mem, const struct sp_settings *settings,
    const struct sp_child_start *start, struct sp_child *child, const char **why);

/* What sp_child_wait() found; several at once. */
enum {
	SP_CHILD_CAN_WRITE = 1,		/* sp_child_write() gets on, or finds that nobody reads */
	SP_CHILD_HAS_OUT = 2,		/* sp_child_read(&child->out ...) gives something, or its end */
	SP_CHILD_HAS_ERR = 4,
	SP_CHILD_OVER = 8,		/* child->how says how; all processes are gone, output may still be there */
};

/*
 * Waits until one of the above, at most until `deadline` (sp_monotonic_ms()): 0
 * when nothing happened.  Room to write is waited for when `write` is set.  With
 * everything closed and told it returns SP_CHILD_OVER at once.
 */
int sp_child_wait(struct sp_child *child, bool write, int64_t deadline);

/*
 * Writes what fits and takes it off the front of *rest.  False: nobody reads any
 * more; child->in is closed.
 */
bool sp_child_write(struct sp_child *child, struct sp_str *rest);
/* Nothing more is written: the end of its standard input. */
void sp_child_close_in(struct sp_child *child);
/* fd is &child->out or &child->err.  Bytes read; 0: none now; -1: the end, *fd is closed. */
ssize_t sp_child_read(int *fd, char *out, size_t size);

/*
 * Kills what is left of it, waits for that and closes everything; child->how and
 * the rest of the report are set.  May be called again.
 */
void sp_child_end(struct sp_child *child);

/* ---- a whole run ---- */

struct sp_child_io {
	struct sp_str in;		/* for its standard input, which is closed behind it */
	size_t out_max;			/* with more than that on its standard output it is ended */
	size_t err_max;			/* the last so many bytes of its standard error are kept */
	int64_t deadline;		/* sp_monotonic_ms() */
	bool (*gone)(void *arg);	/* asked at least every SP_CHILD_LOOK_MS; true ends it.  May be NULL */
	/* A whole line of standard error, of at most err_max bytes: true when it was for us and is not kept.  May be NULL */
	bool (*line)(void *arg, struct sp_str line);
	void *arg;
};

enum sp_child_result_how {
	SP_RAN,				/* child->how and child->status say with what result */
	SP_RAN_TOO_LONG,
	SP_RAN_TOO_MUCH,		/* out has the first out_max bytes */
	SP_RAN_IN_VAIN,			/* gone() said so */
};

struct sp_child_result {
	enum sp_child_result_how how;
	struct sp_str out, err;		/* in mem; not checked to be UTF-8 */
};

/* Feeds it, collects what it says, and ends it. */
void sp_child_run(struct sp_arena *mem, struct sp_child *child, const struct sp_child_io *io,
    struct sp_child_result *result);

#endif
