/* The waiting process: the first process of a pod. */
#ifndef GANTRY_POD_H
#define GANTRY_POD_H

#include "options.h"

/* The messages on the channel between the starter and the waiting process, each one packet. */
#define MESSAGE_MAPPED 'm'  /* to the pod: the id maps are written, begin */
#define MESSAGE_READY 'r'   /* to the starter: everything asked for is done; a struct failure comes otherwise */
#define MESSAGE_RELEASE 'g' /* to the pod: the starter has reported and goes away, wait alone */

/*
 * Runs in the child, already in its new namespaces. Ends when the pod ends, or at once, without a trace, when a step fails
 * or the starter goes away before it has released the child.
 */
_Noreturn void be_pod(const struct options *options, int channel);

#endif
