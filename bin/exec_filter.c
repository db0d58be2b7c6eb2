/* exec_filter.c - system calls that no tool needs: a seccomp filter */
#include "exec_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000U		/* a second set of numbers for the same calls */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH

static const unsigned denied[] = {
	/* other processes */
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise,
	/* the file system's shape */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig,
	SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_acct,
	SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init,
	/* the kernel */
	SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_perf_event_open, SYS_syslog, SYS_userfaultfd,
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_vhangup,
	SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif
	/* namespaces; clone() is looked at below */
	SYS_unshare, SYS_setns,
};

#define COUNT		(sizeof(denied) / sizeof(denied[0]))
#define NAMESPACES	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
			    CLONE_NEWCGROUP)
#define FIELD(name)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define RETURN(action)	BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSE(error)	RETURN(SECCOMP_RET_ERRNO | (error))

bool
exec_filter_install(void)
{
	struct sock_filter code[16 + COUNT * 2];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

#define ADD(instruction) code[n++] = (struct sock_filter)instruction
	/* numbers mean other calls to other architectures, which the kernel may serve as well */
	ADD(FIELD(arch));
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
	ADD(FIELD(nr));
#ifdef X32_BIT
	ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	ADD(REFUSE(ENOSYS));
#endif
	for (size_t i = 0; i < COUNT; i++) {
		ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1));
		ADD(REFUSE(EPERM));
	}
	/* its flags lie in memory, where a filter cannot look: everybody knows to use clone() then */
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
	ADD(REFUSE(ENOSYS));
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0));
	ADD(RETURN(SECCOMP_RET_ALLOW));
	ADD(FIELD(args[0]));		/* the low half, on both of these machines */
	ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1));
	ADD(REFUSE(EPERM));
	ADD(RETURN(SECCOMP_RET_ALLOW));
#undef ADD
	program.len = n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

bool
exec_filter_install(void)
{
	errno = ENOSYS;
	return false;
}

#endif
