/** What happens to containers, as it happens: {@link io.gantry.pod.events.PodEvents}. */
@NullMarked
package io.gantry.pod.events;

import org.jspecify.annotations.NullMarked;
