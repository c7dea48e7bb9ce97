/* The other thing that the program can be: the parent of a command that an OCI runtime starts in a container. */
#ifndef GANTRY_REAP_H
#define GANTRY_REAP_H

/*
 * gantry-pause --reap PIDFILE PROGRAM ARGUMENT…
 *
 * Runs PROGRAM, an OCI runtime that starts a command, writes its pid to PIDFILE and ends (runc exec --detach), waits for the
 * command and ends with its exit code, or 128 and the signal that killed it. When the runtime fails, its exit code is
 * given. The command writes to the descriptors that the program was given: nobody copies, so what it leaves running in the
 * background keeps nobody waiting.
 *
 * argv begins behind "--reap"; the environment is what follows its NULL.
 */
_Noreturn void reap(const char *const *argv);

#endif
