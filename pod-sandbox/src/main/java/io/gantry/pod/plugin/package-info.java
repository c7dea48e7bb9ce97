/**
 * How programs beside the daemon take part in the life of pods and containers: the verbs call {@link
 * io.gantry.pod.plugin.PodPlugins}, which knows nothing of how plugins are reached.
 */
@NullMarked
package io.gantry.pod.plugin;

import org.jspecify.annotations.NullMarked;
