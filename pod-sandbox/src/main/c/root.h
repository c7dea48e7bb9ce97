/* The empty root directory of the waiting process. */
#ifndef GANTRY_ROOT_H
#define GANTRY_ROOT_H

#include "failure.h"

/*
 * Makes an empty read-only tmpfs the root and working directory and lets go of every other mount, so that the process keeps
 * no file system of the host busy. The caller is alone in its mount namespace; nothing is seen outside of it.
 */
bool enter_empty_root(struct failure *failure);

#endif
