/**
 * What sandboxes and containers use of the node, read from cgroup and process files when asked: {@link
 * io.gantry.pod.stats.PodStats} is the façade. A request starts no process and walks no directory; what needs a walk is
 * measured beside it.
 */
@NullMarked
package io.gantry.pod.stats;

import org.jspecify.annotations.NullMarked;
