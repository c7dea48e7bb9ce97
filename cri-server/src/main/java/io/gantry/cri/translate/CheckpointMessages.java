package io.gantry.cri.translate;

import io.gantry.cri.v1.CheckpointContainerRequest;
import io.gantry.cri.v1.CheckpointPodRequest;
import io.gantry.cri.v1.RestorePodRequest;
import io.gantry.cri.v1.RestorePodResponse;
import io.gantry.cri.v1.RestoredContainer;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.sandbox.RestoredPod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Checkpoint and restore. */
public final class CheckpointMessages {
    private CheckpointMessages() {}

    /** What CheckpointContainer asks for; a timeout of zero is the runtime's own. */
    public record ContainerCheckpoint(String containerId, String location, Duration timeout) {}

    /** What CheckpointPod asks for. */
    public record PodCheckpoint(String sandboxId, String outputPath, List<String> containerIds) {
        public PodCheckpoint {
            containerIds = List.copyOf(containerIds);
        }
    }

    /** What RestorePod asks for. */
    public record PodRestore(
            String checkpointPath, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers) {
        public PodRestore {
            containers = List.copyOf(containers);
        }
    }

    public static ContainerCheckpoint container(CheckpointContainerRequest request) {
        Checks checks = new Checks("checkpoint container " + request.getContainerId());
        return new ContainerCheckpoint(
                checks.notEmpty(request.getContainerId(), "container_id"),
                checks.absolutePath(request.getLocation(), "location"),
                checks.seconds(request.getTimeout(), "timeout"));
    }

    public static PodCheckpoint pod(CheckpointPodRequest request) {
        Checks checks = new Checks("checkpoint pod sandbox " + request.getPodSandboxId());
        checks.notEmpty(request.getPodSandboxId(), "pod_sandbox_id");
        List<String> ids = request.getContainerIdsList();
        checks.require(!ids.isEmpty(), "container_ids", "is empty");
        for (int i = 0; i < ids.size(); i++) {
            checks.notEmpty(ids.get(i), "container_ids[" + i + "]");
        }
        noOptions(request.getOptionsMap(), checks);
        return new PodCheckpoint(
                request.getPodSandboxId(), checks.absolutePath(request.getOutputPath(), "output_path"), ids);
    }

    public static PodRestore restore(RestorePodRequest request) {
        var metadata = request.getConfig().getMetadata();
        Checks checks = new Checks("restore pod " + metadata.getNamespace() + "/" + metadata.getName());
        checks.require(request.hasConfig(), "config", "is missing");
        checks.require(request.getContainerConfigsCount() > 0, "container_configs", "is empty");
        noOptions(request.getOptionsMap(), checks);
        List<ContainerConfig> containers = new ArrayList<>();
        for (int i = 0; i < request.getContainerConfigsCount(); i++) {
            containers.add(ContainerConfigMessages.config(
                    request.getContainerConfigs(i), checks, "container_configs[" + i + "]"));
        }
        return new PodRestore(
                checks.absolutePath(request.getCheckpointPath(), "checkpoint_path"),
                SandboxMessages.config(request.getConfig(), checks, "config"),
                checks.noZero(request.getRuntimeHandler(), "runtime_handler"),
                containers);
    }

    /** No handler has any; what is not known is not to be ignored (api.proto). */
    private static void noOptions(Map<String, String> options, Checks checks) {
        options.keySet().stream().sorted().findFirst().ifPresent(option -> {
            throw checks.refuse("options", "has \"" + option + "\", which is not supported");
        });
    }

    public static RestorePodResponse restored(RestoredPod pod) {
        RestorePodResponse.Builder response = RestorePodResponse.newBuilder().setPodSandboxId(pod.sandboxId());
        pod.containers().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(container -> response.addRestoredContainers(RestoredContainer.newBuilder()
                        .setName(container.getKey())
                        .setContainerId(container.getValue())));
        return response.build();
    }
}
