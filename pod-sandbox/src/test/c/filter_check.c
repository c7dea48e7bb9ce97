/*
 * Gives up its privileges as the pause process does and then makes one system call, named by its argument: "wait" (SIGTERM
 * has been sent to itself before), "close-channel", "close-other", "getpid", "execve" or "other-architecture". Ends with 0
 * when the call was made and came back, with 3 when the argument is unknown, and by SIGSYS when the filter did its work.
 */
#include <linux/signal.h>

#include "confine.h"
#include "kernel.h"
#include "text.h"

_Noreturn void check(const char *const *stack);

_Noreturn void check(const char *const *stack)
{
	const char *what = stack[2];
	struct failure failure;

	if (!settle_signals(&failure))
		sys_exit(1);
	if (equal(what, "wait"))
		CALL2(__NR_kill, CALL0(__NR_getpid), SIGTERM);
	if (!give_up_privileges(&failure))
		sys_exit(2);
	if (equal(what, "wait"))
		wait_for_end();
	if (equal(what, "close-channel"))
		sys_exit(sys_close(CHANNEL) == 0 ? 0 : 4);
	if (equal(what, "close-other"))
		sys_exit(sys_close(1) == 0 ? 0 : 4);
	if (equal(what, "getpid"))
		sys_exit(CALL0(__NR_getpid) > 0 ? 0 : 4);
	if (equal(what, "execve"))
		sys_exit(CALL3(__NR_execve, "/bin/true", NULL, NULL) == 0 ? 0 : 4);
#if defined(__x86_64__)
	if (equal(what, "other-architecture")) {
		/* The number of exit_group on x86-64, through the gate of 32-bit programs, where it means something else. */
		long result;

		__asm__ volatile("int $0x80" : "=a"(result) : "a"(__NR_exit_group), "b"(0) : "memory");
		sys_exit(0);
	}
#endif
	sys_exit(3);
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call check\n");
#else
__asm__(".globl _start\n"
	"_start:\n"
	"	mov x0, sp\n"
	"	bl check\n");
#endif
