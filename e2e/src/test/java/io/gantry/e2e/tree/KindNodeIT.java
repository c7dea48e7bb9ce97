package io.gantry.e2e.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The files for a kind cluster: what they name is in the program tree, and all say the same of the socket. */
class KindNodeIT {
    private static final String SOCKET = "unix:///run/gantry/gantry.sock";

    private final Path tree = Toolbox.gantry();

    @BeforeEach
    void isBuilt() {
        assumeTrue(Files.isDirectory(tree.resolve("share/kind")), "needs " + tree + ": ./dev build makes it");
    }

    @Test
    void whatTheDockerfileCopiesIsInTheTree() throws IOException {
        // A line of the file for each instruction.
        List<String> instructions = shared("Dockerfile")
                .replace("\\\n", " ")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        assertThat(instructions).allSatisfy(line -> assertThat(line).matches("(ARG|FROM|RUN|COPY) .*"));

        List<String> copied = instructions.stream()
                .filter(line -> line.startsWith("COPY ") && !line.contains("--from="))
                .map(line -> line.split(" +")[1])
                .toList();
        assertThat(copied).containsExactly("gantry");
        assertThat(tree.getFileName()).hasToString("gantry");

        List<String> named = instructions.stream()
                .filter(line -> line.startsWith("RUN "))
                .flatMap(line -> ProgramTreeIT.installedPaths(line).stream())
                .toList();
        assertThat(named).contains("bin/gantry", "share/systemd/gantry.service", "share/kubelet/20-gantry.conf");
        assertThat(named).allSatisfy(path -> assertThat(tree.resolve(path)).exists());
    }

    @Test
    void theImagesOfTheNodeComeInBeforeTheKubelet() throws IOException {
        UnitFile unit = new UnitFile().add(shared("gantry-images.service"));
        assertThat(unit.all("Before")).containsExactly("kubelet.service");
        assertThat(unit.all("After")).containsExactly("gantry.service");
        List<String> command = unit.command(Map.of());
        assertThat(tree.resolve(ProgramTreeIT.installedPaths(command.getFirst()).getFirst()))
                .isExecutable();
        String archive = command.getLast();
        assertThat(unit.all("ConditionPathExists")).containsExactly(archive);
        assertThat(shared("Dockerfile")).contains("COPY --from=images /images.tar " + archive);
    }

    @Test
    void everyNodeOfTheClusterUsesTheSocket() throws IOException {
        Map<?, ?> cluster = Serialization.unmarshal(shared("cluster.yaml"), Map.class);
        assertThat(cluster.get("kind")).isEqualTo("Cluster");
        assertThat(cluster.get("apiVersion")).isEqualTo("kind.x-k8s.io/v1alpha4");
        List<?> nodes = (List<?>) cluster.get("nodes");
        assertThat(nodes).hasSize(2).allSatisfy(node -> {
            assertThat(((Map<?, ?>) node).get("image")).isEqualTo("gantry-node");
            List<?> patches = (List<?>) ((Map<?, ?>) node).get("kubeadmConfigPatches");
            assertThat(patches).hasSize(1).allSatisfy(patch -> {
                Map<?, ?> configuration = Serialization.unmarshal((String) patch, Map.class);
                assertThat(configuration.get("nodeRegistration")).isEqualTo(Map.of("criSocket", SOCKET));
            });
        });
        assertThat(nodes.stream().map(node -> ((Map<?, ?>) node).get("role")).toList())
                .isEqualTo(List.of("control-plane", "worker"));
        assertThat(Files.readString(tree.resolve("share/crictl/crictl.yaml"))).contains("runtime-endpoint: " + SOCKET);
    }

    private String shared(String file) throws IOException {
        return Files.readString(tree.resolve("share/kind").resolve(file));
    }
}
