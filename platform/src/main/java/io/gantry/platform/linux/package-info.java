/** The kernel boundary: {@code Syscalls} with one native and one fake implementation, and what is built on it: mounts, namespaces, pidfds, inotify, host facts. The only package that sees JNA. */
@NullMarked
package io.gantry.platform.linux;

import org.jspecify.annotations.NullMarked;
