/** Cgroup drivers and parents on cgroup v1 and v2. */
@NullMarked
package io.gantry.pod.cgroup;

import org.jspecify.annotations.NullMarked;
