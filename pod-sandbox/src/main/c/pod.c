#include "pod.h"

#include <linux/prctl.h>
#include <linux/signal.h>

#include "confine.h"
#include "kernel.h"
#include "network.h"
#include "root.h"
#include "sysctl.h"
#include "text.h"

/* Waits for one message; the end of the channel means that the starter died. */
static void expect(int channel, char message)
{
	char byte;

	if (sys_read(channel, &byte, 1) != 1 || byte != message)
		sys_exit(1);
}

/* Becomes root of the new user namespace, with no other group. */
static bool become_root(struct failure *failure)
{
	long error = CALL3(__NR_setresgid, 0, 0, 0);

	if (error >= 0)
		error = CALL2(__NR_setgroups, 0, NULL);
	if (error >= 0)
		error = CALL3(__NR_setresuid, 0, 0, 0);
	/* Changing the user has cleared it: prctl(2), PR_SET_PDEATHSIG. */
	if (error >= 0)
		error = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
	if (error < 0)
		return failed(failure, STEP_ID_MAP, error, "become root of the user namespace", NULL);
	return true;
}

static bool set_hostname(const char *hostname, struct failure *failure)
{
	long error = CALL2(__NR_sethostname, hostname, length_of(hostname));

	if (error < 0)
		return failed(failure, STEP_HOSTNAME, error, "set hostname '", hostname, "'", NULL);
	return true;
}

static bool set_up(const struct options *options, int channel, struct failure *failure)
{
	if (options->new_user && !become_root(failure))
		return false;
	if (options->hostname != NULL && !set_hostname(options->hostname, failure))
		return false;
	if (!set_sysctls(options, failure))
		return false;
	if (options->new_net && !bring_loopback_up(failure))
		return false;
	return enter_empty_root(failure) && settle_signals(failure) && keep_only_channel(channel, failure);
}

_Noreturn void be_pod(const struct options *options, int channel)
{
	static const char name[] = "pause";
	static const char ready = MESSAGE_READY;
	struct failure failure;

	sys_prctl(PR_SET_NAME, (unsigned long)name, 0);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
	CALL0(__NR_setsid);
	expect(channel, MESSAGE_MAPPED);

	if (!set_up(options, channel, &failure)) {
		/* A step after the channel has moved fails with the channel at its new number; both are the same then. */
		sys_write(channel, &failure, sizeof(failure));
		sys_exit(1);
	}
	/*
	 * From here on the death of the starter is seen by the end of the channel, which unlike a death signal can be told
	 * from its going away on purpose.
	 */
	sys_prctl(PR_SET_PDEATHSIG, 0, 0);
	if (!give_up_privileges(&failure)) {
		sys_write(CHANNEL, &failure, sizeof(failure));
		sys_exit(1);
	}
	if (sys_write(CHANNEL, &ready, 1) != 1)
		sys_exit(1);
	expect(CHANNEL, MESSAGE_RELEASE);
	sys_close(CHANNEL);
	wait_for_end();
}
