package io.gantry.e2e.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** containerd built from its Go module, as the reference that tells a wrong test from a wrong Gantry. */
final class Containerd extends RuntimeUnderTest {
    Containerd(Node node) throws IOException {
        super(node);
        Files.writeString(configuration(), configurationText());
    }

    @Override
    public String name() {
        return "containerd";
    }

    @Override
    public String monitorProgram() {
        return "containerd-shim-runc-v2";
    }

    @Override
    List<String> command() {
        Path program = Toolbox.require("containerd");
        // The shim is looked up in PATH, and stands beside the daemon.
        String path = program.getParent() + ":" + System.getenv("PATH");
        return List.of(
                "env",
                "PATH=" + path,
                program.toString(),
                "--config",
                configuration().toString());
    }

    private Path configuration() {
        return node().files().resolve("containerd.toml");
    }

    private String configurationText() {
        return """
                version = 3
                root = "%1$s"
                state = "%2$s/containerd"
                [grpc]
                  address = "%3$s"
                [ttrpc]
                  address = "%3$s.ttrpc"
                [plugins.'io.containerd.cri.v1.images']
                  snapshotter = "overlayfs"
                  [plugins.'io.containerd.cri.v1.images'.pinned_images]
                    sandbox = "registry.k8s.io/pause:3.9"
                  [plugins.'io.containerd.cri.v1.images'.registry]
                    config_path = "%4$s"
                [plugins.'io.containerd.cri.v1.runtime']
                  restrict_oom_score_adj = true
                  [plugins.'io.containerd.cri.v1.runtime'.cni]
                    bin_dirs = ["/opt/cni/bin", "/usr/lib/cni", "%7$s"]
                    conf_dir = "%5$s"
                  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
                    runtime_type = "io.containerd.runc.v2"
                    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
                      BinaryName = "%6$s"
                [plugins.'io.containerd.nri.v1.nri']
                  disable = true
                """.formatted(
                        node().root(),
                        node().state(),
                        node().socket(),
                        node().registries(),
                        node().networks(),
                        Toolbox.require("runc"),
                        node().plugins());
    }
}
