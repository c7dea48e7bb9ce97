package io.gantry.pod.plugin;

import io.gantry.platform.error.GantryException;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What plugins may see and do outside of any verb. */
public interface PodAccess {
    /** The sandboxes that are READY, and those that still have a container with a process. */
    List<PodSandbox> sandboxes();

    /** The containers that are created or running. */
    List<Container> containers();

    /** The OCI specification that a container was made from; empty when its bundle is gone. */
    Optional<JsonNode> spec(String containerId);

    /**
     * Changes the limits of a container without asking plugins about it.
     *
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when it has ended; what the OCI runtime says
     */
    void update(String containerId, ResourceChange change) throws InterruptedException;

    /** Stops a container with a short grace period; a success when there is none. */
    void evict(String containerId) throws InterruptedException;
}
