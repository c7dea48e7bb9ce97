#include "sysctl.h"

#include <linux/fcntl.h>

#include "kernel.h"
#include "text.h"

#define PREFIX "/proc/sys/"

struct sysctl {
	char key[256]; /* as it was given, for messages */
	char path[sizeof(PREFIX) + 256];
	const char *name; /* the part of path behind the prefix */
	const char *value;
};

/* Sysctls of the IPC namespace: ipc_namespaces(7) and the kernel's ipc/ipc_sysctl.c. */
static const char *const ipc_names[] = {
	"kernel/auto_msgmni", "kernel/msg_next_id", "kernel/msgmax",	  "kernel/msgmnb",	    "kernel/msgmni",
	"kernel/sem",	      "kernel/sem_next_id", "kernel/shm_next_id", "kernel/shm_rmid_forced", "kernel/shmall",
	"kernel/shmmax",      "kernel/shmmni",
};

static bool is_ipc_name(const char *name)
{
	for (size_t i = 0; i < sizeof(ipc_names) / sizeof(ipc_names[0]); i++) {
		if (equal(name, ipc_names[i]))
			return true;
	}
	return starts_with(name, "fs/mqueue/");
}

/* No empty part, and no part that names a directory above or the same. */
static bool is_plain_path(const char *name)
{
	const char *part = name;

	for (const char *p = name;; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		if (p == part || (p - part == 1 && part[0] == '.') ||
		    (p - part == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (*p == '\0')
			return true;
		part = p + 1;
	}
}

/*
 * Splits KEY=VALUE and makes the path. As in sysctl.d(5): the first separator of the key, dot or slash, is the separator of
 * the whole key, and the other of the two is then an ordinary character (net/ipv4/conf/eth0.100/forwarding).
 */
static bool read_sysctl(const char *assignment, struct sysctl *sysctl, struct failure *failure)
{
	struct text key = TEXT_IN(sysctl->key);
	struct text path = TEXT_IN(sysctl->path);
	const char *p = assignment;
	char separator = '\0';

	sysctl->key[0] = '\0';
	sysctl->path[0] = '\0';
	text_add(&path, PREFIX);
	for (; *p != '\0' && *p != '='; p++) {
		char c = *p;

		text_char(&key, c);
		if (separator == '\0' && (c == '.' || c == '/'))
			separator = c;
		if (separator == '.')
			c = c == '.' ? '/' : c == '/' ? '.' : c;
		text_char(&path, c);
	}
	if (*p != '=')
		return failed(failure, STEP_SYSCTL, 0, "set sysctl '", assignment, "': no '=' in it, want KEY=VALUE", NULL);
	sysctl->value = p + 1;
	sysctl->name = sysctl->path + sizeof(PREFIX) - 1;
	if (key.cut || path.cut || !is_plain_path(sysctl->name))
		return failed(failure, STEP_SYSCTL, 0, "set sysctl ", sysctl->key, ": not a well-formed key", NULL);
	return true;
}

bool check_sysctl(const struct options *options, const char *assignment, struct failure *failure)
{
	struct sysctl sysctl;
	const char *namespace;
	bool is_new;

	if (!read_sysctl(assignment, &sysctl, failure))
		return false;
	if (starts_with(sysctl.name, "net/")) {
		namespace = "network";
		is_new = options->new_net;
	} else if (is_ipc_name(sysctl.name)) {
		namespace = "IPC";
		is_new = options->new_ipc;
	} else if (equal(sysctl.name, "kernel/domainname")) {
		namespace = "UTS";
		is_new = options->new_uts;
	} else {
		return failed(failure, STEP_SYSCTL, 0, "set sysctl ", sysctl.key,
			      ": it is not namespaced, so it would change the whole node", NULL);
	}
	if (!is_new)
		return failed(failure, STEP_SYSCTL, 0, "set sysctl ", sysctl.key, ": the pod shares the host's ", namespace,
			      " namespace, so it would change the whole node", NULL);
	return true;
}

static bool set_sysctl(const struct sysctl *sysctl, struct failure *failure)
{
	size_t length = length_of(sysctl->value);
	long fd = sys_open(sysctl->path, O_WRONLY | O_CLOEXEC);
	long written;

	if (fd == -ENOENT)
		return failed(failure, STEP_SYSCTL, fd, "set sysctl ", sysctl->key, ": this kernel has none of that name in the pod's namespaces",
			      NULL);
	if (fd < 0)
		return failed(failure, STEP_SYSCTL, fd, "set sysctl ", sysctl->key, ": it cannot be written in the pod's namespaces",
			      NULL);
	written = sys_write((int)fd, sysctl->value, length);
	sys_close((int)fd);
	if (written < 0)
		return failed(failure, STEP_SYSCTL, written, "set sysctl ", sysctl->key, ": the kernel refuses the value '",
			      sysctl->value, "'", NULL);
	if ((size_t)written != length)
		return failed(failure, STEP_SYSCTL, 0, "set sysctl ", sysctl->key, ": the kernel took only a part of the value '",
			      sysctl->value, "'", NULL);
	return true;
}

bool set_sysctls(const struct options *options, struct failure *failure)
{
	const char *assignment;
	int at = 0;

	while ((assignment = each_option(options, "--sysctl", &at)) != NULL) {
		struct sysctl sysctl;

		if (!read_sysctl(assignment, &sysctl, failure) || !set_sysctl(&sysctl, failure))
			return false;
	}
	return true;
}
