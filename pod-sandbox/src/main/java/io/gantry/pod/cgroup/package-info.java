/** Cgroups of pods and containers on cgroup v1, v2 and both: {@link io.gantry.pod.cgroup.CgroupDriver} says who makes them, {@link io.gantry.pod.cgroup.CgroupPaths} where they are, {@link io.gantry.pod.cgroup.Cgroups} makes, reads and removes them. */
@NullMarked
package io.gantry.pod.cgroup;

import org.jspecify.annotations.NullMarked;
