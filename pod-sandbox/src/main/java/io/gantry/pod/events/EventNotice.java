package io.gantry.pod.events;

import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event with its sandbox as it was right after.
 *
 * @param sandbox null when it is gone
 * @param containers all of the sandbox that there are
 */
public record EventNotice(PodEvent event, @Nullable PodSandbox sandbox, List<Container> containers) {
    public EventNotice {
        containers = List.copyOf(containers);
    }
}
