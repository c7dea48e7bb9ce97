/*
 * gantry-pause: makes the namespaces of a pod and leaves one small process waiting in them.
 *
 * The starter (this file) checks the command line, starts the waiting process (pod.c) in its new namespaces, does for it
 * what takes rights on the host (id maps, cgroups, OOM score), and waits until it reports. Then it prints
 *
 *	{"pid":4711,"startTime":123456,"notices":[]}
 *
 * on standard output, lets the process go and exits with 0; the waiting process is then a child of init. startTime is field
 * 22 of /proc/PID/stat, so that the pid can be told from a later process of the same number. On failure it prints
 *
 *	{"step":"sysctl","errno":22,"error":"set sysctl …"}
 *
 * and exits with 1, or 2 when the command line is at fault; the waiting process is then dead and reaped. When the starter
 * itself is killed, the waiting process ends too, unless it was let go already.
 *
 * With --reap it is the parent of a command in a container instead: reap.h.
 */
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "kernel.h"
#include "options.h"
#include "pod.h"
#include "reap.h"
#include "text.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define PATH_SIZE 4096

/* What fstatfs(2) answers; only the first field is used, the rest is room for the kernel to write. */
struct file_system {
	long type;
	long rest[15];
};

struct starter {
	struct options options;
	int channel;	   /* to the waiting process */
	int pod;	   /* its pid, or 0 */
	int joined;	   /* which --cgroup-procs, as a position in argv, the process was born in; or 0 */
	char notice[160]; /* something the caller should know although all went well, or "" */
};

static bool write_file(const char *path, const char *content, size_t size, long *error)
{
	long fd = sys_open(path, O_WRONLY | O_CLOEXEC);

	*error = fd;
	if (fd < 0)
		return false;
	*error = sys_write((int)fd, content, size);
	sys_close((int)fd);
	return *error >= 0;
}

/* Reads a small file of /proc whole; the result ends with a NUL. Empty on failure. */
static void read_file(const char *path, char *content, size_t size)
{
	long fd = sys_open(path, O_RDONLY | O_CLOEXEC);
	long length = 0;

	if (fd >= 0) {
		length = sys_read((int)fd, content, size - 1);
		sys_close((int)fd);
	}
	content[length > 0 ? length : 0] = '\0';
}

static void proc_path(struct text *path, const struct starter *starter, const char *name)
{
	text_add(path, "/proc/");
	text_number(path, starter->pod);
	text_char(path, '/');
	text_add(path, name);
}

/*
 * Opens the directory of the first --cgroup-procs that lies in cgroup v2, to be born there: unlike a move, that waits for no
 * grace period of the kernel (clone(2), CLONE_INTO_CGROUP, Linux 5.7). Returns -1 when there is none.
 */
static int open_birth_cgroup(const struct starter *starter, int *position)
{
	const char *file;
	int at = 0;

	while ((file = each_option(&starter->options, "--cgroup-procs", &at)) != NULL) {
		char buffer[PATH_SIZE];
		struct text path = TEXT_IN(buffer);
		struct file_system system = { 0 };
		long fd;

		text_add(&path, file);
		buffer[path.length - (sizeof("/cgroup.procs") - 1)] = '\0';
		fd = path.cut ? -1 : sys_open(buffer, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue; /* joining it later says what is wrong */
		if (CALL2(__NR_fstatfs, fd, &system) >= 0 && system.type == CGROUP2_SUPER_MAGIC) {
			*position = at;
			return (int)fd;
		}
		sys_close((int)fd);
	}
	return -1;
}

static unsigned long namespace_flags(const struct options *options)
{
	unsigned long flags = CLONE_NEWNS;

	if (options->new_net)
		flags |= CLONE_NEWNET;
	if (options->new_ipc)
		flags |= CLONE_NEWIPC;
	if (options->new_uts)
		flags |= CLONE_NEWUTS;
	if (options->new_pid)
		flags |= CLONE_NEWPID;
	if (options->new_user)
		flags |= CLONE_NEWUSER;
	return flags;
}

/* Like fork(2), into new namespaces: the pid, 0 in the child, or -errno. */
static long clone_pod(struct starter *starter)
{
	unsigned long flags = namespace_flags(&starter->options);
	int position = 0;
	int cgroup = open_birth_cgroup(starter, &position);

	if (cgroup >= 0) {
		struct clone_args args = {
			.flags = flags | CLONE_INTO_CGROUP,
			.exit_signal = SIGCHLD,
			.cgroup = (uint32_t)cgroup,
		};
		long pid = CALL2(__NR_clone3, &args, sizeof(args));

		if (pid == 0)
			return 0;
		sys_close(cgroup);
		if (pid > 0) {
			starter->joined = position;
			return pid;
		}
		/* A move may still work where a birth does not, and if not, it says why. */
	}
	return CALL5(__NR_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static bool start_pod(struct starter *starter, struct failure *failure)
{
	int ends[2];
	long pid;
	long error = CALL4(__NR_socketpair, SOCKET_UNIX, SOCKET_SEQPACKET | SOCKET_CLOEXEC, 0, ends);

	if (error < 0)
		return failed(failure, STEP_REPORT, error, "make a channel to the pause process", NULL);
	pid = clone_pod(starter);
	if (pid == 0) {
		sys_close(ends[0]);
		be_pod(&starter->options, ends[1]);
	}
	if (pid < 0)
		return failed(failure, STEP_NAMESPACES, pid, "make the pod's namespaces", NULL);
	sys_close(ends[1]);
	starter->pod = (int)pid;
	starter->channel = ends[0];
	return true;
}

static bool write_id_map(const struct starter *starter, const char *option, const char *file, struct failure *failure)
{
	/* The kernel takes a map in one write of less than a page: user_namespaces(7). */
	char content[4096];
	char path_buffer[64];
	struct text lines = TEXT_IN(content);
	struct text path = TEXT_IN(path_buffer);
	const char *value;
	long error;
	int at = 0;

	while ((value = each_option(&starter->options, option, &at)) != NULL) {
		text_add(&lines, value);
		text_char(&lines, '\n');
	}
	if (lines.cut)
		return failed(failure, STEP_ID_MAP, 0, "write ", file, ": too many mappings", NULL);
	proc_path(&path, starter, file);
	if (!write_file(path_buffer, content, lines.length, &error))
		return failed(failure, STEP_ID_MAP, error, "write ", file, NULL);
	return true;
}

static bool join_cgroups(const struct starter *starter, struct failure *failure)
{
	char number[16];
	struct text pid = TEXT_IN(number);
	const char *file;
	int at = 0;

	text_number(&pid, starter->pod);
	while ((file = each_option(&starter->options, "--cgroup-procs", &at)) != NULL) {
		long error;

		if (at != starter->joined && !write_file(file, number, pid.length, &error))
			return failed(failure, STEP_CGROUP, error, "join cgroup ", file, NULL);
	}
	return true;
}

/*
 * Lowering the score takes CAP_SYS_RESOURCE, which a node inside of a container often has not; it is then set as low as it
 * goes, and the caller is told.
 */
static bool set_oom_score(struct starter *starter, struct failure *failure)
{
	char path_buffer[64];
	char wanted_buffer[16];
	char current[16];
	struct text path = TEXT_IN(path_buffer);
	struct text wanted = TEXT_IN(wanted_buffer);
	struct text notice = TEXT_IN(starter->notice);
	long error;

	if (!starter->options.has_oom_score_adj)
		return true;
	proc_path(&path, starter, "oom_score_adj");
	text_number(&wanted, starter->options.oom_score_adj);
	if (write_file(path_buffer, wanted_buffer, wanted.length, &error))
		return true;
	if (error != -EACCES && error != -EPERM)
		return failed(failure, STEP_OOM, error, "set oom_score_adj ", wanted_buffer, NULL);
	if (starter->options.oom_score_adj < 0)
		write_file(path_buffer, "0", 1, &error);
	read_file(path_buffer, current, sizeof(current));
	text_add(&notice, "oom_score_adj ");
	text_add(&notice, wanted_buffer);
	text_add(&notice, " is not permitted without CAP_SYS_RESOURCE; it is ");
	for (const char *p = current; *p != '\0' && *p != '\n'; p++)
		text_char(&notice, *p);
	return true;
}

/* Waits until the process reports; what it could not do is the failure. */
static bool await_ready(const struct starter *starter, struct failure *failure)
{
	union {
		char message;
		struct failure failure;
	} report;
	long size;

	do {
		size = sys_read(starter->channel, &report, sizeof(report));
	} while (size == -EINTR);
	if (size == 1 && report.message == MESSAGE_READY)
		return true;
	if (size == sizeof(report.failure)) {
		*failure = report.failure;
		return false;
	}
	return failed(failure, STEP_REPORT, size < 0 ? size : 0, "start the pause process: it ended before it was ready", NULL);
}

/* Field 22 of /proc/PID/stat: proc_pid_stat(5). 0 when it cannot be read. */
static long start_time(const struct starter *starter)
{
	char path_buffer[64];
	char stat[1024];
	struct text path = TEXT_IN(path_buffer);
	const char *p = stat;
	unsigned long time = 0;

	proc_path(&path, starter, "stat");
	read_file(path_buffer, stat, sizeof(stat));
	for (const char *q = stat; *q != '\0'; q++) {
		if (*q == ')')
			p = q; /* the name, field 2, may hold anything; what follows its last parenthesis does not */
	}
	for (int field = 2; *p != '\0' && field < 22; p++) {
		if (*p == ' ')
			field++;
	}
	return read_number(&p, ~0UL >> 1, &time) ? (long)time : 0;
}

static bool report(const struct starter *starter, struct failure *failure)
{
	char line[512];
	struct text text = TEXT_IN(line);
	long written;

	text_add(&text, "{\"pid\":");
	text_number(&text, starter->pod);
	text_add(&text, ",\"startTime\":");
	text_number(&text, start_time(starter));
	text_add(&text, ",\"notices\":[");
	if (starter->notice[0] != '\0') {
		text_char(&text, '"');
		text_json(&text, starter->notice);
		text_char(&text, '"');
	}
	text_add(&text, "]}\n");
	written = sys_write(1, line, text.length);
	if (written != (long)text.length)
		return failed(failure, STEP_REPORT, written < 0 ? written : 0, "report the pause process", NULL);
	return true;
}

static bool tell(const struct starter *starter, char message, struct failure *failure)
{
	long written = sys_write(starter->channel, &message, 1);

	/* A process that ended has left its reason in the channel. */
	return written == 1 || await_ready(starter, failure);
}

static bool start(struct starter *starter, struct failure *failure)
{
	if (!start_pod(starter, failure))
		return false;
	if (starter->options.new_user && (!write_id_map(starter, "--uid-map", "uid_map", failure) ||
					  !write_id_map(starter, "--gid-map", "gid_map", failure)))
		return false;
	return tell(starter, MESSAGE_MAPPED, failure) && join_cgroups(starter, failure) &&
	       set_oom_score(starter, failure) && await_ready(starter, failure) && report(starter, failure) &&
	       tell(starter, MESSAGE_RELEASE, failure);
}

static void kill_pod(const struct starter *starter)
{
	if (starter->pod == 0)
		return;
	CALL2(__NR_kill, starter->pod, SIGKILL);
	while (CALL4(__NR_wait4, starter->pod, NULL, 0, NULL) == -EINTR)
		;
}

_Noreturn void run(const char *const *stack);

/* The stack of a new program holds argc, argv and a NULL: the System V ABI, "Process Initialization". */
_Noreturn void run(const char *const *stack)
{
	/* Far more than the stack needs at the start, but nothing here is touched before it is used. */
	struct starter starter = { .pod = 0 };
	struct failure failure;
	const char *const *argv = stack + 1;

	if (argv[0] != NULL && argv[1] != NULL && equal(argv[1], "--reap"))
		reap(argv + 2);
	if (!read_options(&starter.options, stack + 1, &failure)) {
		print_failure(&failure);
		sys_exit(EXIT_USAGE);
	}
	if (!start(&starter, &failure)) {
		kill_pod(&starter);
		print_failure(&failure);
		sys_exit(EXIT_FAILED);
	}
	sys_exit(0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call run\n");
#else
__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl run\n");
#endif
