/**
 * What happens to containers, as it happens: {@link io.gantry.pod.events.PodEvents} tells listeners, {@link
 * io.gantry.pod.events.EventStreams} keeps a bounded queue for each remote one.
 */
@NullMarked
package io.gantry.pod.events;

import org.jspecify.annotations.NullMarked;
