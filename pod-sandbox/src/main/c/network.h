/* The loopback interface of the pod's network namespace. */
#ifndef GANTRY_NETWORK_H
#define GANTRY_NETWORK_H

#include "failure.h"

/* Brings lo up in the caller's network namespace (netdevice(7), SIOCSIFFLAGS). */
bool bring_loopback_up(struct failure *failure);

#endif
