#include "network.h"

#include <linux/if.h>
#include <linux/sockios.h>

#include "kernel.h"

bool bring_loopback_up(struct failure *failure)
{
	struct ifreq request = { .ifr_name = "lo" };
	/* Interface requests work on a socket of any family; this one is in every kernel. */
	long fd = CALL3(__NR_socket, SOCKET_UNIX, SOCKET_DGRAM | SOCKET_CLOEXEC, 0);
	long error;

	if (fd < 0)
		return failed(failure, STEP_LOOPBACK, fd, "bring lo up: make a socket", NULL);
	error = CALL3(__NR_ioctl, fd, SIOCGIFFLAGS, &request);
	if (error >= 0) {
		request.ifr_flags |= IFF_UP;
		error = CALL3(__NR_ioctl, fd, SIOCSIFFLAGS, &request);
	}
	sys_close((int)fd);
	if (error < 0)
		return failed(failure, STEP_LOOPBACK, error, "bring lo up", NULL);
	return true;
}
