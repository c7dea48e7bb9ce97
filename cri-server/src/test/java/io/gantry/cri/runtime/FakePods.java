package io.gantry.cri.runtime;

import io.gantry.cri.translate.NodeStatus;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.sandbox.RestoredPod;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Sandboxes and containers in memory, which keep what they were asked for and run nothing. */
public final class FakePods implements SandboxOperations, NodeOperations {
    public final Map<String, PodSandbox> sandboxes = new LinkedHashMap<>();
    public final Map<String, Container> containers = new LinkedHashMap<>();
    public final List<String> calls = new CopyOnWriteArrayList<>();
    public NodeStatus nodeStatus = new NodeStatus(
            NodeStatus.Condition.READY,
            new NodeStatus.Condition(false, "NetworkPluginNotReady", "no conflist"),
            List.of(
                    new NodeStatus.Handler("crun", false, true, true),
                    new NodeStatus.Handler("runc", true, true, false)));

    /** What is told of each sandbox beside its status. */
    public final Map<String, Object> sandboxInfo = new LinkedHashMap<>();

    /** What is told of the node. */
    public final Map<String, String> nodeInfo = new LinkedHashMap<>(Map.of("config", "{}"));

    /** The containers' side. */
    public final ContainerOperations containerSide = new ContainerSide();

    @Override
    public String run(PodSandboxConfig config, String runtimeHandler) {
        String id = "pod" + sandboxes.size();
        sandboxes.put(
                id,
                new PodSandbox(
                        id,
                        config,
                        runtimeHandler,
                        "runc",
                        SandboxState.READY,
                        Instant.ofEpochSecond(10),
                        config.hostname(),
                        null,
                        "boot",
                        List.of("10.0.0.1"),
                        false,
                        "/x",
                        ""));
        return id;
    }

    @Override
    public void stop(String id) {
        calls.add("stop sandbox " + id);
    }

    @Override
    public void remove(String id) {
        calls.add("remove sandbox " + id);
        sandboxes.remove(id);
    }

    @Override
    public PodSandbox status(String id) {
        PodSandbox sandbox = sandboxes.get(id);
        if (sandbox == null) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "find pod sandbox " + id, "there is no sandbox of that id");
        }
        return sandbox;
    }

    @Override
    public Map<String, Object> verboseInfo(String id) {
        return new LinkedHashMap<>(sandboxInfo);
    }

    @Override
    public List<PodSandbox> list(SandboxFilter filter) {
        return List.copyOf(sandboxes.values());
    }

    @Override
    public void updateResources(String id, @Nullable LinuxResources overhead, @Nullable LinuxResources resources) {
        calls.add("resources of sandbox " + id + ": " + (overhead != null) + " " + (resources != null));
    }

    @Override
    public void checkpoint(String id, String output, List<String> containerIds) {
        calls.add("checkpoint sandbox " + id + " to " + output + ": " + containerIds);
    }

    @Override
    public RestoredPod restore(
            String directory, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers) {
        calls.add("restore " + config.metadata().name() + " from " + directory + " with handler " + runtimeHandler);
        Map<String, String> restored = new LinkedHashMap<>();
        containers.forEach(container -> restored.put(
                container.metadata().name(), "ctr-" + container.metadata().name()));
        return new RestoredPod("pod-restored", restored);
    }

    @Override
    public String version() {
        return "1.2.3";
    }

    @Override
    public NodeStatus status() {
        return nodeStatus;
    }

    @Override
    public Map<String, String> verboseInfo() {
        return Map.copyOf(nodeInfo);
    }

    @Override
    public boolean usesSystemdCgroups() {
        return true;
    }

    private final class ContainerSide implements ContainerOperations {
        @Override
        public String create(String sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig) {
            String id = "ctr" + containers.size();
            containers.put(
                    id,
                    new Container(
                            id,
                            sandboxId,
                            config,
                            ContainerStatus.creating(Instant.ofEpochSecond(11)),
                            "runc",
                            "sha256:1",
                            "a@sha256:2",
                            "/log",
                            "SIGTERM",
                            "/x/y",
                            config.resources(),
                            null,
                            "boot"));
            return id;
        }

        @Override
        public void start(String id) {
            calls.add("start container " + id);
        }

        @Override
        public void stop(String id, Duration timeout) {
            calls.add("stop container " + id + " within " + timeout.toSeconds() + " s");
        }

        @Override
        public void remove(String id) {
            calls.add("remove container " + id);
        }

        @Override
        public Container status(String id) {
            Container container = containers.get(id);
            if (container == null) {
                throw GantryException.of(
                        ErrorKind.NOT_FOUND, "find container " + id, "there is no container of that id");
            }
            return container;
        }

        @Override
        public List<Container> list(ContainerFilter filter) {
            return containers.values().stream()
                    .filter(container -> container.sandboxId().startsWith(filter.sandboxId()))
                    .toList();
        }

        @Override
        public Map<String, Object> verboseInfo(String id) {
            return Map.of("pid", 42);
        }

        @Override
        public void reopenLog(String id) {
            calls.add("reopen log of " + id);
        }

        @Override
        public ExecResult execSync(String id, List<String> command, Duration timeout) {
            calls.add("exec in " + id + ": " + command + " within " + timeout.toSeconds() + " s");
            return new ExecResult(
                    "out".getBytes(StandardCharsets.UTF_8), "err".getBytes(StandardCharsets.UTF_8), 3, false);
        }

        @Override
        public void updateResources(String id, LinuxResources resources) {
            calls.add("resources of container " + id + ": " + resources.cpuShares());
        }

        @Override
        public void checkpoint(String id, String location, Duration timeout) {
            calls.add("checkpoint container " + id + " to " + location + " within " + timeout.toSeconds() + " s");
        }
    }
}
