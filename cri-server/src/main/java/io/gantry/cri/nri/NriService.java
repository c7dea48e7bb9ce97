package io.gantry.cri.nri;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.gantry.cri.nri.proto.ContainerUpdate;
import io.gantry.cri.nri.proto.Empty;
import io.gantry.cri.nri.proto.Event;
import io.gantry.cri.nri.proto.LifecycleRequest;
import io.gantry.cri.nri.proto.StopContainerResponse;
import io.gantry.cri.nri.proto.UpdateContainerRequest;
import io.gantry.cri.nri.proto.UpdateContainerResponse;
import io.gantry.cri.nri.proto.UpdatePodSandboxRequest;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.plugin.PodAccess;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.spec.ResourceLimits;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes what happens to pods and containers to the plugins, in the order of their indexes. Different pods do not wait for
 * each other; only a plugin that joins makes all wait, for as long as it takes in what exists.
 */
public final class NriService implements PodPlugins, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NriService.class);

    private final Members members;

    public NriService(NriOptions options) {
        this.members = new Members(options);
    }

    /** Listens for plugins, and starts those that are installed: only what is made anew waits until they have joined. */
    public void start(PodAccess access) {
        members.start(access);
    }

    @Override
    public boolean present() {
        return !members.list().isEmpty();
    }

    /** Waits for the plugins that are installed: what they may change or refuse is not made without them. */
    @Override
    public Admission admit() throws InterruptedException {
        members.awaitInstalled();
        return members.admit();
    }

    @Override
    public void runPodSandbox(PodSandbox sandbox) throws InterruptedException {
        demand(Event.RUN_POD_SANDBOX, sandbox, null);
    }

    @Override
    public void stopPodSandbox(PodSandbox sandbox) throws InterruptedException {
        tell(Event.STOP_POD_SANDBOX, sandbox, null);
    }

    @Override
    public void removePodSandbox(PodSandbox sandbox) throws InterruptedException {
        tell(Event.REMOVE_POD_SANDBOX, sandbox, null);
    }

    @Override
    public void updatePodSandbox(
            PodSandbox sandbox, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException {
        if (!present()) {
            return;
        }
        UpdatePodSandboxRequest.Builder request =
                UpdatePodSandboxRequest.newBuilder().setPod(PodMessages.of(sandbox));
        if (overhead != null) {
            request.setOverheadLinuxResources(ResourceMessages.of(overhead));
        }
        if (resources != null) {
            request.setLinuxResources(ResourceMessages.of(resources));
        }
        try (Admission admission = members.admit()) {
            for (Plugin plugin : members.list()) {
                var unused = plugin.ask(Event.UPDATE_POD_SANDBOX, request.build(), Empty.parser());
            }
        }
    }

    @Override
    public void postUpdatePodSandbox(PodSandbox sandbox) throws InterruptedException {
        tell(Event.POST_UPDATE_POD_SANDBOX, sandbox, null);
    }

    @Override
    public List<String> createContainer(PodSandbox sandbox, Container container, ObjectNode spec)
            throws InterruptedException {
        try (Admission admission = members.admit()) {
            return new AdjustContainer(members.list(), members.access()).execute(sandbox, container, spec);
        }
    }

    @Override
    public void postCreateContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        tell(Event.POST_CREATE_CONTAINER, sandbox, container);
    }

    @Override
    public void startContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        demand(Event.START_CONTAINER, sandbox, container);
    }

    @Override
    public void postStartContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        tell(Event.POST_START_CONTAINER, sandbox, container);
    }

    @Override
    public ResourceChange updateContainer(PodSandbox sandbox, Container container, LinuxResources change)
            throws InterruptedException {
        UpdateContainerRequest request = UpdateContainerRequest.newBuilder()
                .setPod(PodMessages.of(sandbox))
                .setContainer(message(container))
                .setLinuxResources(ResourceMessages.of(change))
                .build();
        Updates updates = new Updates(new Owners());
        try (Admission admission = members.admit()) {
            for (Plugin plugin : members.list()) {
                Optional<UpdateContainerResponse> answer =
                        plugin.ask(Event.UPDATE_CONTAINER, request, UpdateContainerResponse.parser());
                if (answer.isPresent()) {
                    updates.add(plugin.name(), answer.get().getUpdateList());
                    Updates.evict(members.access(), plugin.name(), answer.get().getEvictList());
                }
            }
        }
        var own = updates.take(container.id());
        Updates.requireChangeable(own, container.id());
        updates.apply(members.access());
        ResourceChange wanted = ResourceJson.change(own);
        return new ResourceChange(ResourceLimits.merge(change, wanted.limits()), wanted.others());
    }

    @Override
    public void postUpdateContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        tell(Event.POST_UPDATE_CONTAINER, sandbox, container);
    }

    @Override
    public void stopContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        if (!present()) {
            return;
        }
        LifecycleRequest request = request(sandbox, container);
        Updates updates = new Updates(new Owners());
        try (Admission admission = members.admit()) {
            for (Plugin plugin : members.list()) {
                Optional<StopContainerResponse> answer =
                        answer(plugin, Event.STOP_CONTAINER, request, StopContainerResponse.parser());
                List<ContainerUpdate> wanted =
                        answer.map(StopContainerResponse::getUpdateList).orElse(List.of());
                try {
                    updates.add(plugin.name(), wanted);
                } catch (GantryException e) {
                    log.warn("NRI update is left out: plugin={} error=\"{}\"", plugin.name(), e.getMessage());
                }
            }
        }
        var unused = Updates.applyAll(members.access(), updates.all());
    }

    @Override
    public void removeContainer(PodSandbox sandbox, Container container) throws InterruptedException {
        tell(Event.REMOVE_CONTAINER, sandbox, container);
    }

    /** The first plugin that refuses it ends it. */
    private void demand(Event event, PodSandbox sandbox, @Nullable Container container) throws InterruptedException {
        if (!present()) {
            return;
        }
        LifecycleRequest request = request(sandbox, container);
        try (Admission admission = members.admit()) {
            for (Plugin plugin : members.list()) {
                var unused = plugin.ask(event, request, Empty.parser());
            }
        }
    }

    /** Tells plugins of what has happened: what they think of it changes nothing. */
    private void tell(Event event, PodSandbox sandbox, @Nullable Container container) throws InterruptedException {
        if (!present()) {
            return;
        }
        LifecycleRequest request = request(sandbox, container);
        try (Admission admission = members.admit()) {
            for (Plugin plugin : members.list()) {
                var unused = answer(plugin, event, request, Empty.parser());
            }
        }
    }

    private static <T extends MessageLite> Optional<T> answer(
            Plugin plugin, Event event, MessageLite request, Parser<T> answers) throws InterruptedException {
        try {
            return plugin.ask(event, request, answers);
        } catch (GantryException e) {
            log.warn("NRI plugin answered with an error, which changes nothing: error=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }

    private LifecycleRequest request(PodSandbox sandbox, @Nullable Container container) {
        LifecycleRequest.Builder request = LifecycleRequest.newBuilder().setPod(PodMessages.of(sandbox));
        if (container != null) {
            request.setContainer(message(container));
        }
        return request.build();
    }

    private io.gantry.cri.nri.proto.Container message(Container container) {
        return ContainerMessages.of(
                container, members.access().spec(container.id()).orElse(null));
    }

    /** Tells plugins that the runtime goes down and disconnects them; those that were started are ended. */
    @Override
    public void close() {
        members.close();
    }
}
