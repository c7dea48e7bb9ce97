package io.gantry.e2e.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Gantry from its built program tree, with the runc built for the tests. */
final class Gantry extends RuntimeUnderTest {
    private final boolean spool;

    /** @param spool whether layers under way are kept as they come ({@code images.spool}) */
    Gantry(Node node, boolean spool) throws IOException {
        super(node);
        this.spool = spool;
        Files.writeString(configuration(), configurationText());
    }

    @Override
    public String name() {
        return spool ? "gantry-spool" : "gantry";
    }

    @Override
    public String monitorProgram() {
        return "conmon";
    }

    @Override
    List<String> command() {
        Path program = Toolbox.gantry().resolve("bin/gantry");
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException("start gantry: " + program + " is not built; ./dev build builds it");
        }
        return List.of(program.toString(), "serve", "--config", configuration().toString());
    }

    private Path configuration() {
        return node().files().resolve("gantry.toml");
    }

    private String configurationText() {
        return """
                root  = "%s"
                state = "%s"
                [api]
                socket = "%s"
                [network]
                conf_dir = "%s"
                bin_dirs = ["/opt/cni/bin", "/usr/lib/cni", "%s"]
                [images]
                registry_dir = "%s"
                %s
                [nri]
                socket = "%s"
                plugin_dir = "%s"
                config_dir = "%s"
                [runtime]
                default_handler = "runc"
                cgroup_driver = "cgroupfs"
                [runtime.handlers.runc]
                path = "%s"
                """.formatted(
                        node().root(),
                        node().state().resolve("gantry"),
                        node().socket(),
                        node().networks(),
                        node().plugins(),
                        node().registries(),
                        spool ? "spool = true" : "",
                        node().nriSocket(),
                        node().nriPlugins(),
                        node().nriConfig(),
                        Toolbox.require("runc"));
    }
}
