/* What went wrong: carried from the waiting process to the starter in one message, and printed there as one line. */
#ifndef GANTRY_FAILURE_H
#define GANTRY_FAILURE_H

#include <stdbool.h>

/* The steps a failure is told apart by; their names are in the "step" member of the printed line. */
enum step {
	STEP_USAGE,
	STEP_HOSTNAME,
	STEP_SYSCTL,
	STEP_NAMESPACES,
	STEP_ID_MAP,
	STEP_CGROUP,
	STEP_OOM,
	STEP_LOOPBACK,
	STEP_ROOT,
	STEP_CONFINE,
	STEP_REPORT,
};

struct failure {
	enum step step;
	int error; /* errno, or 0 when no system call is to blame */
	char text[1024];
};

/*
 * Fills in a failure. The text is put together from the strings that follow, up to a NULL; behind it comes the error's own
 * text when error is not 0 (it may be given negative, as the kernel does). Always returns false, for "return failed(…)".
 */
bool failed(struct failure *failure, enum step step, long error, ...) __attribute__((sentinel));

/* Prints {"error":…,"step":…,"errno":…} on standard output. */
void print_failure(const struct failure *failure);

#endif
