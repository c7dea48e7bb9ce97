package io.gantry.e2e.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The kubelet's drop-in has the last word, whatever the node's own files say, and takes nothing else away. */
class KubeletDropInIT {
    private static final String SOCKET = "unix:///run/gantry/gantry.sock";

    /** What kubeadm's packages bring (kubernetes/release, cmd/krel/templates/latest/kubeadm), shortened. */
    private static final String KUBEADM = """
            [Service]
            Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap.conf"
            Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
            EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
            EnvironmentFile=-/etc/default/kubelet
            ExecStart=
            ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
            """;

    private final Path dropIn = Toolbox.gantry().resolve("share/kubelet/20-gantry.conf");

    @BeforeEach
    void isBuilt() {
        assumeTrue(Files.exists(dropIn), "needs " + dropIn + ": ./dev build makes it");
    }

    @Test
    void winsOverFlagsOfKubeadmAndOfTheNode() throws IOException {
        List<String> words = started(Map.of(
                "/var/lib/kubelet/kubeadm-flags.env",
                "KUBELET_KUBEADM_ARGS=--container-runtime-endpoint=unix:///run/other.sock --pod-infra=x",
                "/etc/default/kubelet",
                "KUBELET_EXTRA_ARGS=--node-ip=192.0.2.1 --runtime-cgroups=/system.slice/containerd.service"
                        + " --container-runtime-endpoint=unix:///run/third.sock"));
        assertThat(last(words, "container-runtime-endpoint")).isEqualTo(SOCKET);
        assertThat(last(words, "runtime-cgroups")).isEqualTo("/system.slice/gantry.service");
        assertThat(words)
                .startsWith("/usr/bin/kubelet")
                .contains(
                        "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap.conf",
                        "--config=/var/lib/kubelet/config.yaml",
                        "--pod-infra=x",
                        "--node-ip=192.0.2.1");
    }

    @Test
    void needsNoneOfTheFiles() throws IOException {
        List<String> words = started(Map.of());
        assertThat(last(words, "container-runtime-endpoint")).isEqualTo(SOCKET);
        assertThat(words).noneMatch(word -> word.contains("$"));
    }

    @Test
    void namesTheSocketOfTheDefaultConfiguration() throws IOException {
        String config = Files.readString(Toolbox.gantry().resolve("share/config/gantry.toml"));
        assertThat(config).containsPattern("socket *= *\"" + SOCKET.substring("unix://".length()) + "\"");
    }

    private List<String> started(Map<String, String> files) throws IOException {
        return new UnitFile()
                .add("[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\n")
                .add(KUBEADM)
                .add(Files.readString(dropIn))
                .command(files);
    }

    private static String last(List<String> words, String flag) {
        return words.stream()
                .filter(word -> word.startsWith("--" + flag + "="))
                .reduce((first, second) -> second)
                .orElseThrow()
                .substring(flag.length() + 3);
    }
}
