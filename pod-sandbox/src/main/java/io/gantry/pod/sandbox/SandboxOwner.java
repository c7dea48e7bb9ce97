package io.gantry.pod.sandbox;

import io.gantry.platform.linux.ProcessIdentity;

/**
 * What must be ended when a sandbox is found whose record is lost: noted beside its files, on the tmpfs that goes with the
 * processes.
 *
 * @param cgroup path of the sandbox's own cgroup
 */
record SandboxOwner(ProcessIdentity pause, String cgroup) {}
