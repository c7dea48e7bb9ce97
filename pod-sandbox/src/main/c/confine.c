#include "confine.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signal.h>

#include "kernel.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LAST_SIGNAL 64
#define SIGNAL_BIT(number) (1UL << ((number) - 1))

/* The kernel's own struct sigaction, the same on both architectures. */
struct signal_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static const unsigned long end_signals = SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT);

bool keep_only_channel(int channel, struct failure *failure)
{
	long error = channel == CHANNEL ? 0 : CALL3(__NR_dup3, channel, CHANNEL, 0);

	if (error >= 0)
		error = CALL3(__NR_close_range, CHANNEL + 1, ~0U, 0);
	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "close inherited descriptors", NULL);
	return true;
}

bool settle_signals(struct failure *failure)
{
	/*
	 * Blocked signals are kept pending even for PID 1 of a PID namespace, which otherwise never sees a signal without a
	 * handler (pid_namespaces(7)). Ignoring SIGCHLD makes the kernel reap every child by itself, also one that was
	 * orphaned elsewhere in the namespace (wait(2), NOTES), so that no exit in the pod wakes this process.
	 */
	const struct signal_action ignore = { .handler = SIG_IGN };
	long error = CALL4(__NR_rt_sigprocmask, SIG_SETMASK, &end_signals, NULL, sizeof(end_signals));

	for (int number = 1; error >= 0 && number <= LAST_SIGNAL; number++) {
		if (number == SIGKILL || number == SIGSTOP || (SIGNAL_BIT(number) & end_signals) != 0)
			continue;
		error = CALL4(__NR_rt_sigaction, number, &ignore, NULL, sizeof(ignore.mask));
	}
	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "settle signals", NULL);
	return true;
}

static bool drop_capabilities(struct failure *failure)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 }, { 0, 0, 0 } };
	long error;

	/* The kernel answers EINVAL for the first number that is no capability. */
	for (unsigned long number = 0; (error = sys_prctl(PR_CAPBSET_READ, number, 0)) >= 0; number++) {
		if (error == 0)
			continue;
		error = sys_prctl(PR_CAPBSET_DROP, number, 0);
		if (error < 0)
			return failed(failure, STEP_CONFINE, error, "drop capabilities from the bounding set", NULL);
	}
	error = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "drop ambient capabilities", NULL);
	error = CALL2(__NR_capset, &header, none);
	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "drop capabilities", NULL);
	return true;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))

static bool install_filter(struct failure *failure)
{
	static const struct sock_filter rules[] = {
		LOAD(arch),
		JUMP_IF(ARCHITECTURE, 0, 8),
		LOAD(nr),
		JUMP_IF(__NR_rt_sigtimedwait, 7, 0),
		JUMP_IF(__NR_exit_group, 6, 0),
		JUMP_IF(__NR_read, 2, 0),
		JUMP_IF(__NR_write, 1, 0),
		JUMP_IF(__NR_close, 0, 2),
		LOAD(args[0]), /* the low half on these little-endian machines; a descriptor has no more */
		JUMP_IF(CHANNEL, 1, 0),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		ANSWER(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(rules) / sizeof(rules[0]),
		/* The kernel only reads it; its header has no const. */
		.filter = (struct sock_filter *)(uintptr_t)rules,
	};
	long error = CALL3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);

	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "install the seccomp filter", NULL);
	return true;
}

bool give_up_privileges(struct failure *failure)
{
	long error;

	if (!drop_capabilities(failure))
		return false;
	error = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0);
	if (error < 0)
		return failed(failure, STEP_CONFINE, error, "set no_new_privs", NULL);
	return install_filter(failure);
}

_Noreturn void wait_for_end(void)
{
	for (;;) {
		long number = CALL4(__NR_rt_sigtimedwait, &end_signals, NULL, NULL, sizeof(end_signals));

		if (number == SIGTERM || number == SIGINT)
			sys_exit(0);
		if (number != -EINTR)
			sys_exit(1);
	}
}
