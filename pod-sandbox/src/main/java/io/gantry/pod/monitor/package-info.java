/** conmon: how a container is created under it, its exit files, control and attach sockets. */
@NullMarked
package io.gantry.pod.monitor;

import org.jspecify.annotations.NullMarked;
