/*
 * The system calls of the pause program, made directly: the program is linked without a C library, so that the process
 * that waits for the life of a pod keeps a handful of pages and nothing else.
 *
 * Every function returns what the kernel returns: a value, or -errno. Numbers and structures come from the kernel's own
 * headers. Architectures: x86-64 and aarch64.
 */
#ifndef GANTRY_KERNEL_H
#define GANTRY_KERNEL_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

static inline long kernel_call(long nr, long a, long b, long c, long d, long e)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long kernel_call(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

#else
#error "gantry-pause is written for x86-64 and aarch64"
#endif

#define CALL0(nr) kernel_call((nr), 0, 0, 0, 0, 0)
#define CALL1(nr, a) kernel_call((nr), (long)(a), 0, 0, 0, 0)
#define CALL2(nr, a, b) kernel_call((nr), (long)(a), (long)(b), 0, 0, 0)
#define CALL3(nr, a, b, c) kernel_call((nr), (long)(a), (long)(b), (long)(c), 0, 0)
#define CALL4(nr, a, b, c, d) kernel_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0)
#define CALL5(nr, a, b, c, d, e) kernel_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* Constants that only headers of a C library have; they are the same on both architectures. */
#define AT_WORKING_DIRECTORY (-100)
#define SOCKET_UNIX 1
#define SOCKET_DGRAM 2
#define SOCKET_SEQPACKET 5
#define SOCKET_CLOEXEC 02000000

static inline long sys_read(int fd, void *buffer, size_t size)
{
	return CALL3(__NR_read, fd, buffer, size);
}

static inline long sys_write(int fd, const void *buffer, size_t size)
{
	return CALL3(__NR_write, fd, buffer, size);
}

static inline long sys_open(const char *path, int flags)
{
	return CALL4(__NR_openat, AT_WORKING_DIRECTORY, path, flags, 0);
}

static inline long sys_close(int fd)
{
	return CALL1(__NR_close, fd);
}

static inline long sys_prctl(int option, unsigned long a, unsigned long b)
{
	return CALL5(__NR_prctl, option, a, b, 0, 0);
}

static inline long sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
			     const char *data)
{
	return CALL5(__NR_mount, source, target, type, flags, data);
}

static inline _Noreturn void sys_exit(int status)
{
	for (;;)
		CALL1(__NR_exit_group, status);
}

#endif
