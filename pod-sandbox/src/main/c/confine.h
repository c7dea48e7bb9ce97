/* Taking away from the waiting process everything that waiting does not need. */
#ifndef GANTRY_CONFINE_H
#define GANTRY_CONFINE_H

#include "failure.h"

/* The only descriptor left open: the channel to the starter, until the starter lets the process go. */
#define CHANNEL 0

/* Moves the channel to CHANNEL and closes every other descriptor (close_range(2), Linux 5.9). */
bool keep_only_channel(int channel, struct failure *failure);

/* Ignores every signal but SIGTERM and SIGINT, which stay blocked to be waited for. */
bool settle_signals(struct failure *failure);

/*
 * Gives up every capability in every set, the bounding set too, forbids to gain privileges, and installs a filter that
 * kills the process for any system call that the wait does not make.
 */
bool give_up_privileges(struct failure *failure);

/* Sleeps until SIGTERM or SIGINT; the exit status is then 0. */
_Noreturn void wait_for_end(void);

#endif
