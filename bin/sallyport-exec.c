/*
 * sallyport-exec.c - runs a program in a small box, and leaves nothing of it behind
 *
 *	sallyport-exec [NAME=VALUE]... -- /PROGRAM [ARGUMENT]...
 *
 *	cpu=SECONDS memory=BYTES file=BYTES processes=N files=N
 *	directory=/PATH seccomp=basic namespaces=none
 *
 * Started by lib/tools/child.c and of no use to people.  Descriptors 0 to 2 are
 * the program's; 3 is a socket to whoever asked.  Its environment is the
 * program's with "_" before each name.
 *
 * When the program ends, or the other end of the socket is shut (which a killed
 * worker does, too), every process that came of the program is killed and reaped;
 * only then a line goes to the socket ("exit 3", "signal 9", "failed STEP ERRNO")
 * and this process ends.
 *
 * How they are found: where the kernel lets us, the program lives in a PID
 * namespace, whose first process is our child; when that is killed, the kernel
 * kills the others.  Else every orphan below us becomes our child (we are a
 * subreaper), so that killing our children until there are none gets all of them:
 * neither a double fork nor setsid() leads away.
 *
 * One thread, no allocation, nothing of the program's is ever read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "exec_filter.h"
#include "base/str.h"

#define CONTROL		3
#define DEFAULT_PROCESSES 64
#define DEFAULT_FILES	256
#define OOM_SCORE	"500"		/* before the workers and PostgreSQL */

extern char **environ;

struct box {
	int64_t cpu, memory, file, processes, files;
	const char *directory;
	bool seccomp, plain;
	char **argv;
};

/* What became of the program; crosses a socket from the first process of a namespace. */
struct report {
	enum { NOTHING, FAILED, EXITED, SIGNALLED } how;
	int status;
	char step[24];
};

/* ---- words ---- */

static bool
read_option(struct box *box, const char *option)
{
	struct number {
		const char *name;
		int64_t *place;
	} numbers[] = { { "cpu", &box->cpu }, { "memory", &box->memory }, { "file", &box->file },
		{ "processes", &box->processes }, { "files", &box->files } };
	struct sp_str value = sp_str(option), name;

	if (!sp_str_split(&value, '=', &name))
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sp_str_is(name, numbers[i].name))
			return sp_str_int64(value, 1, (int64_t)1 << 50, numbers[i].place);
	if (sp_str_is(name, "directory"))
		box->directory = value.p;
	else if (sp_str_is(name, "seccomp") && sp_str_is(value, "basic"))
		box->seccomp = true;
	else if (sp_str_is(name, "namespaces") && sp_str_is(value, "none"))
		box->plain = true;
	else
		return false;
	return true;
}

static bool
read_options(struct box *box, char **argv)
{
	while (*++argv != NULL && strcmp(*argv, "--") != 0)
		if (!read_option(box, *argv))
			return false;
	if (*argv == NULL || argv[1] == NULL)
		return false;
	box->argv = argv + 1;
	for (char **e = environ; *e != NULL; e++)
		if (*(*e)++ != '_')
			return false;
	return true;
}

static void
fail(struct report *r, const char *step)
{
	*r = (struct report){ .how = FAILED, .status = errno };
	memcpy(r->step, step, strnlen(step, sizeof(r->step) - 1));
}

/* ---- the program's process, up to the program ---- */

static bool
limit(__rlimit_resource_t what, int64_t value, int64_t grace)
{
	struct rlimit l, had;

	if (getrlimit(what, &had) != 0)
		return false;
	l.rlim_cur = (rlim_t)value;
	l.rlim_max = (rlim_t)(value + grace);
	if (l.rlim_max > had.rlim_max)
		l.rlim_max = had.rlim_max;	/* ours are not raised */
	if (l.rlim_cur > l.rlim_max)
		l.rlim_cur = l.rlim_max;
	return setrlimit(what, &l) == 0;
}

static bool
set_limits(const struct box *box)
{
	return limit(RLIMIT_CORE, 0, 0) &&
	    (box->cpu == 0 || limit(RLIMIT_CPU, box->cpu, 1)) &&	/* SIGXCPU, and a second later SIGKILL */
	    /* not RLIMIT_AS: run-time systems reserve address space by the terabyte and use little of it */
	    (box->memory == 0 || limit(RLIMIT_DATA, box->memory, 0)) &&
	    (box->file == 0 || limit(RLIMIT_FSIZE, box->file, 0)) &&
	    limit(RLIMIT_NPROC, box->processes, 0) && limit(RLIMIT_NOFILE, box->files, 0);
}

/*
 * What is not a member of the bounding set no program gets, not even as root: in
 * a user namespace, too, capabilities open much of the kernel.  Whoever has none
 * to begin with may not drop them, and need not.
 */
static void
drop_capabilities(void)
{
	for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static void
reset_signals(void)
{
	struct sigaction preset = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &preset, NULL);	/* fails for two of them, which cannot be changed */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
volunteer_for_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, OOM_SCORE, strlen(OOM_SCORE));
	close(fd);
}

/* Ends in the program.  Returns with what failed. */
static void
become_program(const struct box *box, struct report *r)
{
	setsid();			/* so that kill(0, ...) of the program does not mean us */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);	/* or /proc/self would not be ours */
	volunteer_for_oom();
	umask(077);
	if (chdir(box->directory) != 0) {
		fail(r, "directory");
		return;
	}
	if (!set_limits(box)) {
		fail(r, "limits");
		return;
	}
	drop_capabilities();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		fail(r, "no_new_privs");
		return;
	}
	reset_signals();
	if (box->seccomp && !exec_filter_install()) {
		fail(r, "seccomp");
		return;
	}
	execve(box->argv[0], box->argv, environ);
	fail(r, "program");
}

/*
 * Starts the program.  -1: *r says why not.  Everything we have open closes by
 * itself when the program begins; that also ends the wait for a failure.
 */
static pid_t
start_program(const struct box *box, struct report *r)
{
	int failure[2];
	pid_t pid;

	if (pipe2(failure, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		fail(r, "fork");
		return -1;
	}
	if (pid == 0) {
		become_program(box, r);
		_exit(write(failure[1], r, sizeof(*r)) == sizeof(*r) ? 127 : 126);
	}
	close(failure[1]);
	if (read(failure[0], r, sizeof(*r)) != sizeof(*r))
		r->how = NOTHING;
	close(failure[0]);
	return pid;
}

/* The program's pipes are its own alone: who reads from it sees the end of them with it. */
static void
let_go_of_pipes(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		if (fd < 0 || dup2(fd, i) < 0)
			close(i);
	if (fd > 2)
		close(fd);
}

static void
take_status(struct report *r, int status)
{
	if (r->how != NOTHING)
		return;			/* it has not become the program */
	r->how = WIFSIGNALED(status) ? SIGNALLED : EXITED;
	r->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the first process of a namespace ---- */

/*
 * A /proc that shows the namespace only: with the other one a program could look
 * for processes of the same user, and into them.  Where it is not allowed, the
 * namespace still does what it is there for.
 */
static void
mount_proc(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static _Noreturn void
be_first(const struct box *box, int parent)
{
	struct report r = { 0 };
	pid_t program, pid;
	int status;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(CONTROL);
	if (read(parent, &go, 1) != 1)		/* until our user is known in the namespace */
		_exit(1);
	mount_proc();
	program = start_program(box, &r);
	let_go_of_pipes();
	while (program > 0 && ((pid = wait(&status)) > 0 || errno == EINTR))
		if (pid == program) {
			take_status(&r, status);
			break;
		}
	/* with us the kernel ends all the others */
	_exit(write(parent, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

static bool
write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

/* In its namespace the program is the user that we are. */
static bool
map_user(pid_t pid)
{
	char uid[64], gid[64];

	snprintf(uid, sizeof(uid), "%lu %lu 1", (unsigned long)geteuid(), (unsigned long)geteuid());
	snprintf(gid, sizeof(gid), "%lu %lu 1", (unsigned long)getegid(), (unsigned long)getegid());
	return write_file(pid, "uid_map", uid) && write_file(pid, "setgroups", "deny") && write_file(pid, "gid_map", gid);
}

/* The first process of new namespaces; -1 where there are none for us.  *from: its report comes there. */
static pid_t
start_first(const struct box *box, int *from)
{
	long flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | SIGCHLD;
	struct box inner = *box;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	inner.processes++;		/* the first one itself */
	pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(pair[0]);
		be_first(&inner, pair[1]);
	}
	close(pair[1]);
	if (pid > 0 && map_user(pid) && write(pair[0], "", 1) == 1) {
		*from = pair[0];
		return pid;
	}
	close(pair[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return -1;
}

/* ---- without a namespace ---- */

/* Of "Name:\tvalue" in a file of /proc; -1: not there. */
static int64_t
number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	int64_t n;

	if (at == NULL)
		return -1;
	at += strlen(name);
	return sp_str_int64((struct sp_str){ at, strcspn(at, " \t\n") }, 0, UINT32_MAX, &n) ? n : -1;
}

/*
 * Threads that our user has already: RLIMIT_NPROC counts all of a user's, so
 * that "64 processes" means 64 more than there are.
 */
static int64_t
threads_of_user(void)
{
	char path[sizeof("/proc//status") + 256], text[4096];
	int64_t count = 0, threads;
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	ssize_t n;
	int fd;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!sp_is_digit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		threads = number_after(text, "\nThreads:\t");
		if (number_after(text, "\nUid:\t") == (int64_t)getuid() && threads > 0)
			count += threads;
	}
	if (dir != NULL)
		closedir(dir);
	return count;
}

static pid_t
start_plain(const struct box *box, struct report *r)
{
	struct box inner = *box;

	/* without the list of children nothing could be promised: CONFIG_PROC_CHILDREN */
	if (access("/proc/thread-self/children", R_OK) != 0) {
		fail(r, "children");
		return -1;
	}
	inner.processes += threads_of_user();
	return start_program(&inner, r);
}

/* ---- the end of all ---- */

/* Kills the children that we have now.  What they leave becomes our child, for the next look. */
static void
kill_children(void)
{
	char text[4096];
	size_t have = 0;
	ssize_t n;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, text + have, sizeof(text) - have)) > 0) {
		struct sp_str rest = { text, have + (size_t)n }, word;
		size_t whole = rest.len;
		int64_t pid;

		while (whole > 0 && text[whole - 1] != ' ')
			whole--;	/* a number that goes on in the next piece */
		rest.len = whole;
		while (sp_str_split(&rest, ' ', &word))
			if (sp_str_int64(word, 2, INT32_MAX, &pid))
				kill((pid_t)pid, SIGKILL);
		have = have + (size_t)n - whole;
		memmove(text, text + whole, have);
	}
	if (fd >= 0)
		close(fd);
}

static void
end_all(void)
{
	do
		kill_children();
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

/* Until the child has ended (true, its status in *status) or whoever asked has lost interest. */
static bool
wait_for_end(pid_t child, int signals, int *status)
{
	struct pollfd p[2] = { { .fd = CONTROL, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	pid_t pid;
	char away;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return false;
		if (p[1].revents != 0)
			(void)!read(signals, &info, sizeof(info));	/* signals of a kind are merged: look at all */
		while ((pid = waitpid(-1, status, WNOHANG)) > 0)
			if (pid == child)
				return true;
		if (p[0].revents != 0 && read(CONTROL, &away, 1) <= 0)
			return false;
	}
}

static void
tell(const struct report *r)
{
	static const char *const words[] = { [NOTHING] = "ended", [FAILED] = "failed", [EXITED] = "exit",
		[SIGNALLED] = "signal" };
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %s%s%d\n", words[r->how], r->step, r->step[0] != '\0' ? " " : "",
	    r->status);

	/* nobody may be there any more */
	(void)!send(CONTROL, line, (size_t)len, MSG_NOSIGNAL);
}

static void
supervise(const struct box *box, int signals)
{
	struct report r = { 0 }, inner;
	int from = -1, status;
	pid_t child = box->plain ? -1 : start_first(box, &from);

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);	/* the program is the same user, and is not to look into us */
	if (child < 0)
		child = start_plain(box, &r);
	let_go_of_pipes();
	if (child > 0 && wait_for_end(child, signals, &status) && from < 0)
		take_status(&r, status);
	end_all();
	if (from >= 0 && recv(from, &inner, sizeof(inner), MSG_DONTWAIT) == sizeof(inner))
		r = inner;
	tell(&r);
}

/* What anybody may ask a program. */
static bool
answer_words(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		puts("sallyport-exec (" PACKAGE_STRING ")");
	else if (argc == 2 && strcmp(argv[1], "--help") == 0)
		puts("usage: sallyport-exec [NAME=VALUE]... -- /PROGRAM [ARGUMENT]...\n\n"
		    "Runs a program of a tool in a small box, and leaves nothing of it behind.\n"
		    "It is started by the programs of Sallyport only.");
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct box box = { .processes = DEFAULT_PROCESSES, .files = DEFAULT_FILES, .directory = "/" };
	struct sigaction preset = { .sa_handler = SIG_DFL };
	sigset_t all;
	int signals;

	if (answer_words(argc, argv))
		return 0;
	if (argc < 3 || fcntl(CONTROL, F_SETFD, FD_CLOEXEC) != 0 || !read_options(&box, argv)) {
		fputs("sallyport-exec is started by the programs of Sallyport only\n", stderr);
		return 64;
	}
	if (close_range(CONTROL + 1, ~0U, 0) != 0)
		return 71;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGCHLD, &preset, NULL);	/* ignored, it would reap for us */
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 71;
	supervise(&box, signals);
	_exit(0);
}
