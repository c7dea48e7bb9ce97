package io.gantry.cni.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanedPluginsTest {
    @TempDir
    Path temporary;

    private final List<Process> started = new ArrayList<>();
    private Path plugins;
    private Path owner;

    @BeforeEach
    void copyAProgram() throws Exception {
        plugins = Files.createDirectory(temporary.resolve("plugins"));
        owner = temporary.resolve("cache");
        Files.copy(Path.of("/bin/sleep").toRealPath(), plugins.resolve("slow"));
        assertThat(plugins.resolve("slow").toFile().setExecutable(true)).isTrue();
    }

    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
    }

    private Process start(String program, String owner) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(program, "1000");
        builder.environment().put(OrphanedPlugins.MARK, owner);
        Process process = builder.start();
        started.add(process);
        // Its environment is its own once it is the program.
        Path exe = Path.of("/proc/" + process.pid() + "/exe");
        while (!Files.readSymbolicLink(exe).equals(Path.of(program).toRealPath())) {
            Thread.sleep(5);
        }
        return process;
    }

    @Test
    void aPluginOfAnEarlierRunIsEnded() throws Exception {
        Process orphan = start(plugins.resolve("slow").toString(), owner.toString());

        assertThat(new OrphanedPlugins(owner, List.of(plugins)).end()).isOne();

        assertThat(orphan.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aScriptIsKnownByWhatItsInterpreterRuns() throws Exception {
        Path script = plugins.resolve("script");
        Files.writeString(script, "#!/bin/sh\nread line\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        ProcessBuilder builder = new ProcessBuilder(script.toString());
        builder.environment().put(OrphanedPlugins.MARK, owner.toString());
        Process orphan = builder.start();
        started.add(orphan);
        while (!Files.readString(Path.of("/proc/" + orphan.pid() + "/cmdline")).contains("script")) {
            Thread.sleep(5);
        }

        assertThat(new OrphanedPlugins(owner, List.of(plugins)).end()).isOne();

        assertThat(orphan.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anotherOwnersPluginAndWhatIsNoPluginGoOn() throws Exception {
        Process others = start(plugins.resolve("slow").toString(), owner + "2");
        Process daemon = start("/bin/sleep", owner.toString());

        assertThat(new OrphanedPlugins(owner, List.of(plugins, temporary.resolve("missing"))).end())
                .isZero();

        assertThat(others.isAlive()).isTrue();
        assertThat(daemon.isAlive()).isTrue();
    }
}
