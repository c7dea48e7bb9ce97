/* Sysctls of the pod's own namespaces: which there are, and setting them. */
#ifndef GANTRY_SYSCTL_H
#define GANTRY_SYSCTL_H

#include "options.h"

/*
 * Checks KEY=VALUE: that the key is well-formed, belongs to a namespace, and that this namespace is the pod's own, so that
 * nothing outside of the pod can be changed by it.
 */
bool check_sysctl(const struct options *options, const char *assignment, struct failure *failure);

/*
 * Writes every --sysctl, in order. The caller is in the pod's namespaces and still sees /proc: the kernel looks at the
 * namespaces of who opens a file under /proc/sys, not at those of who mounted /proc.
 */
bool set_sysctls(const struct options *options, struct failure *failure);

#endif
