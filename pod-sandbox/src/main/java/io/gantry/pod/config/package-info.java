/** What the caller asked for, as immutable records in CRI's words: {@link io.gantry.pod.config.PodSandboxConfig}, {@link io.gantry.pod.config.ContainerConfig}, {@link io.gantry.pod.config.LinuxResources}. Records check only what needs no state; nothing here acts. */
@NullMarked
package io.gantry.pod.config;

import org.jspecify.annotations.NullMarked;
