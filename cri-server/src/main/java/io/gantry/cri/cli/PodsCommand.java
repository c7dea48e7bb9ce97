package io.gantry.cri.cli;

import io.gantry.cri.v1.Container;
import io.gantry.cri.v1.ContainerState;
import io.gantry.cri.v1.ListContainersRequest;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.PodSandbox;
import io.gantry.cri.v1.PodSandboxState;
import io.gantry.platform.storage.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gantry pods}. */
@Command(name = "pods", description = "List pod sandboxes and the containers in them.", mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class PodsCommand implements Callable<Integer> {
    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAME",
            description = "Only pods of this namespace.")
    @Nullable
    String namespace;

    @Option(names = "--ready", description = "Only pods that are ready.")
    boolean ready;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Mixin
    SocketOption socket;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        List<PodSandbox> pods;
        Map<String, List<Container>> containers;
        try (CriClient client = socket.connect()) {
            pods = client.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream()
                    .filter(pod -> namespace == null
                            || namespace.equals(pod.getMetadata().getNamespace()))
                    .filter(pod -> !ready || isReady(pod))
                    .toList();
            containers =
                    client
                            .runtime()
                            .listContainers(ListContainersRequest.getDefaultInstance())
                            .getContainersList()
                            .stream()
                            .collect(Collectors.groupingBy(Container::getPodSandboxId));
        }
        if (json) {
            spec.commandLine()
                    .getOut()
                    .println(Json.mapper()
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsString(pods.stream()
                                    .map(pod -> facts(pod, containers.getOrDefault(pod.getId(), List.of())))
                                    .toList()));
        } else {
            table(pods, containers).print(spec.commandLine().getOut());
        }
        return ExitCodes.OK;
    }

    private static Table table(List<PodSandbox> pods, Map<String, List<Container>> containers) {
        Table table = new Table("NAMESPACE", "POD", "STATE", "CONTAINERS", "AGE", "HANDLER", "ID");
        for (PodSandbox pod : pods) {
            List<Container> inside = containers.getOrDefault(pod.getId(), List.of());
            long running = inside.stream()
                    .filter(container -> container.getState() == ContainerState.CONTAINER_RUNNING)
                    .count();
            table.row(
                    pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(),
                    isReady(pod) ? "ready" : "not ready",
                    running + "/" + inside.size(),
                    Human.age(Duration.between(Human.instant(pod.getCreatedAt()), Instant.now())),
                    pod.getRuntimeHandler().isEmpty() ? "default" : pod.getRuntimeHandler(),
                    Human.id(pod.getId()));
        }
        return table;
    }

    private static Map<String, Object> facts(PodSandbox pod, List<Container> inside) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("id", pod.getId());
        facts.put("namespace", pod.getMetadata().getNamespace());
        facts.put("name", pod.getMetadata().getName());
        facts.put("uid", pod.getMetadata().getUid());
        facts.put("attempt", pod.getMetadata().getAttempt());
        facts.put("ready", isReady(pod));
        facts.put("createdAt", Human.instant(pod.getCreatedAt()).toString());
        facts.put("handler", pod.getRuntimeHandler());
        facts.put("labels", Map.copyOf(pod.getLabelsMap()));
        facts.put(
                "containers",
                inside.stream()
                        .map(container -> Map.of(
                                "id", container.getId(),
                                "name", container.getMetadata().getName(),
                                "state", container.getState().name(),
                                "image", container.getImage().getImage()))
                        .toList());
        return facts;
    }

    private static boolean isReady(PodSandbox pod) {
        return pod.getState() == PodSandboxState.SANDBOX_READY;
    }
}
