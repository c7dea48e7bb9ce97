package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import io.gantry.pod.testing.Criu;
import io.gantry.pod.testing.PodBed;
import io.gantry.pod.testing.RecordingPlugins;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What plugins are told of pods, and when another one may join. */
class PluginEventsTests {
    @TempDir
    private Path directory;

    private PodBed bed;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void noPluginJoinsWhileAContainerComesIntoBeing() throws Exception {
        RecordingPlugins plugins = new RecordingPlugins();
        bed.restartWith(plugins);
        List<Integer> held = admissionsAtCreation(plugins);
        String pod = bed.run("first");

        String unused = bed.create(pod, "main", "true");

        assertThat(held).isNotEmpty().doesNotContain(0);
        assertThat(plugins.admissions()).isZero();
    }

    @Test
    void noPluginJoinsWhileARestoredContainerComesIntoBeing() throws Exception {
        Criu.assumeWorks();
        RecordingPlugins plugins = new RecordingPlugins();
        bed.restartWith(plugins);
        String first = bed.run("first");
        String container = bed.start(first, "main", "while :; do sleep 0.1; done");
        Path archive = directory.resolve("main.tar");
        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);
        String second = bed.run("second");
        List<Integer> held = admissionsAtCreation(plugins);

        String unused = bed.pods()
                .containers()
                .create(
                        second,
                        bed.container("restored", List.of(), LinuxResources.NONE, NamespaceMode.CONTAINER)
                                .withImage(new ImageSpec(archive.toString(), Map.of(), archive.toString(), "", "")),
                        bed.sandbox("ignored"));

        assertThat(plugins.calls()).contains("createContainer restored", "postCreateContainer restored");
        assertThat(held).isNotEmpty().doesNotContain(0);
        assertThat(plugins.admissions()).isZero();
    }

    @Test
    void aStopThatWasCutOffIsToldByTheNext() throws Exception {
        RecordingPlugins plugins = new RecordingPlugins() {
            private boolean cut;

            @Override
            protected void note(String verb, PodSandbox sandbox) throws InterruptedException {
                if (verb.equals("stopPodSandbox") && !cut) {
                    cut = true;
                    throw new InterruptedException("the caller went away");
                }
                super.note(verb, sandbox);
            }
        };
        bed.restartWith(plugins);
        String pod = bed.run("first");
        assertThatThrownBy(() -> bed.pods().sandboxes().stop(pod)).isInstanceOf(InterruptedException.class);

        bed.pods().sandboxes().stop(pod);
        bed.pods().sandboxes().stop(pod);

        assertThat(bed.pods().sandboxes().status(pod).state()).isEqualTo(SandboxState.STOPPED);
        assertThat(plugins.calls()).containsOnlyOnce("stopPodSandbox first");
    }

    /** How many admissions are held whenever a container is listed for the first time. */
    private List<Integer> admissionsAtCreation(RecordingPlugins plugins) {
        List<Integer> held = new CopyOnWriteArrayList<>();
        var unused = bed.pods().events().subscribe(event -> {
            if (event.kind() == PodEvent.Kind.CREATED && !event.containerId().equals(event.sandboxId())) {
                held.add(plugins.admissions());
            }
        });
        return held;
    }
}
