package io.gantry.pod.plugin;

import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the verbs tell plugins, in the order of a pod's life. Methods that a plugin can refuse throw what it said, as
 * FAILED_PRECONDITION, and the verb fails; the others never fail. A plugin that does not answer in time is no reason to
 * fail: it is disconnected, unless it asked for something else. Where no plugin is there, every method returns at once.
 */
public interface PodPlugins {
    /** No plugin ever. */
    PodPlugins NONE = new NoPlugins();

    /** Whether any plugin is there, for verbs that would do more work for one. */
    boolean present();

    /**
     * To be held from before a plugin is asked about a new pod or container until that can be listed. Waits for plugins that
     * are about to join because they were installed before the start, for a bounded time.
     */
    Admission admit() throws InterruptedException;

    /** A sandbox is complete and about to be READY. @throws GantryException when a plugin refuses it */
    void runPodSandbox(PodSandbox sandbox) throws InterruptedException;

    /** The containers of a sandbox have ended; its network and namespaces are still there. */
    void stopPodSandbox(PodSandbox sandbox) throws InterruptedException;

    /** A sandbox is gone. */
    void removePodSandbox(PodSandbox sandbox) throws InterruptedException;

    /** The pod's figures are about to change. @throws GantryException when a plugin refuses it */
    void updatePodSandbox(PodSandbox sandbox, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException;

    /** The pod's figures have changed. */
    void postUpdatePodSandbox(PodSandbox sandbox) throws InterruptedException;

    /**
     * A container is about to be made: plugins change its specification in place.
     *
     * @param spec the OCI specification
     * @return CDI devices to inject besides
     * @throws GantryException when a plugin refuses it, or plugins contradict each other; {@code spec} is spoiled then
     */
    List<String> createContainer(PodSandbox sandbox, Container container, ObjectNode spec) throws InterruptedException;

    /** A container was made. */
    void postCreateContainer(PodSandbox sandbox, Container container) throws InterruptedException;

    /** A container is about to be started. @throws GantryException when a plugin refuses it */
    void startContainer(PodSandbox sandbox, Container container) throws InterruptedException;

    /** A container was started. */
    void postStartContainer(PodSandbox sandbox, Container container) throws InterruptedException;

    /**
     * The limits of a container are about to change.
     *
     * @return what to change instead
     * @throws GantryException when a plugin refuses it, or plugins contradict each other
     */
    ResourceChange updateContainer(PodSandbox sandbox, Container container, LinuxResources change)
            throws InterruptedException;

    /** The limits of a container have changed. */
    void postUpdateContainer(PodSandbox sandbox, Container container) throws InterruptedException;

    /** A container has ended, whatever ended it. */
    void stopContainer(PodSandbox sandbox, Container container) throws InterruptedException;

    /** A container is gone. */
    void removeContainer(PodSandbox sandbox, Container container) throws InterruptedException;
}
