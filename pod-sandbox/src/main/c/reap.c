#include "reap.h"

#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <stdbool.h>

#include "kernel.h"
#include "text.h"

#define EXIT_NOT_REAPED 125
#define EXIT_NOT_STARTED 127

/* Processes that ended before it was known which one is the command: the runtime's own helpers, and it. */
#define REMEMBERED 32

struct end {
	long pid;
	int status;
};

/* The encoding of wait(2): the signal in the low seven bits, the exit code in the second byte. */
static int exit_code(int status)
{
	int signal = status & 0x7f;

	return signal != 0 ? 128 + signal : (status >> 8) & 0xff;
}

static void complain(const char *what, const char *subject, long error)
{
	char buffer[512];
	struct text text = TEXT_IN(buffer);
	const char *words = error < 0 ? error_text((int)-error) : NULL;

	text_add(&text, what);
	text_add(&text, subject);
	if (words != NULL) {
		text_add(&text, ": ");
		text_add(&text, words);
	}
	text_char(&text, '\n');
	sys_write(2, buffer, text.length);
}

/* 0 when the file does not hold a pid. */
static long read_pid(const char *path)
{
	char content[32];
	const char *p = content;
	unsigned long pid = 0;
	long size;
	long fd = sys_open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	size = sys_read((int)fd, content, sizeof(content) - 1);
	sys_close((int)fd);
	content[size > 0 ? size : 0] = '\0';
	return read_number(&p, 0x7fffffff, &pid) ? (long)pid : 0;
}

static long start_runtime(const char *const *argv)
{
	const char *const *environment = argv;
	long pid;
	long error;

	while (*environment != NULL)
		environment++;
	environment++;
	pid = CALL5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid != 0)
		return pid;
	error = CALL3(__NR_execve, argv[0], argv, environment);
	complain("start ", argv[0], error);
	sys_exit(EXIT_NOT_STARTED);
}

_Noreturn void reap(const char *const *argv)
{
	struct end ends[REMEMBERED];
	size_t count = 0;
	const char *pid_file = argv[0];
	long command = 0;
	long runtime;

	if (pid_file == NULL || argv[1] == NULL) {
		complain("usage: gantry-pause --reap PIDFILE PROGRAM ARGUMENT", "", 0);
		sys_exit(EXIT_NOT_STARTED);
	}
	sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0);
	runtime = start_runtime(argv + 1);
	if (runtime < 0) {
		complain("start ", argv[1], runtime);
		sys_exit(EXIT_NOT_STARTED);
	}
	for (;;) {
		int status = 0;
		long pid = CALL4(__NR_wait4, -1, &status, 0, NULL);

		if (pid == -EINTR)
			continue;
		if (pid < 0) {
			complain("wait for the command", "", pid);
			sys_exit(EXIT_NOT_REAPED);
		}
		if (pid == runtime) {
			if (status != 0)
				sys_exit(exit_code(status));
			command = read_pid(pid_file);
			for (size_t i = 0; i < count; i++) {
				if (ends[i].pid == command)
					sys_exit(exit_code(ends[i].status));
			}
		} else if (pid == command) {
			sys_exit(exit_code(status));
		} else if (command == 0) {
			ends[count < REMEMBERED ? count++ : REMEMBERED - 1] = (struct end){ .pid = pid, .status = status };
		}
	}
}
