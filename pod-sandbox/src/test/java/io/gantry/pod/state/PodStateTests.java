package io.gantry.pod.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.testing.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodStateTests {
    @TempDir
    Path root;

    private PodState state;

    @BeforeEach
    void open() {
        state = new PodState(new PodPaths(root, root.resolve("state")));
    }

    @Test
    void idsMayBeCutShortWhileOnlyOneBeginsSo() {
        state.sandboxes().put("abc1", Samples.sandbox("abc1", SandboxState.READY));
        state.sandboxes().put("abd2", Samples.sandbox("abd2", SandboxState.READY));
        state.containers().put("c1", Samples.container("c1", "abc1"));
        state.containers().put("c12", Samples.container("c12", "abd2"));

        assertThat(state.findSandbox("abc").map(PodSandbox::id)).contains("abc1");
        assertThat(state.findSandbox("ab")).isEmpty();
        assertThat(state.findSandbox("")).isEmpty();
        assertThat(state.findContainer("c1").map(Container::id)).contains("c1");
        assertThat(state.containersOf("abd2")).extracting(Container::id).containsExactly("c12");
    }

    @Test
    void everyFieldSurvivesARestart() {
        PodSandbox sandbox = Samples.sandbox("s", SandboxState.STOPPING)
                .withPause(new ProcessIdentity(7, 8))
                .withIps(List.of("10.0.0.1", "fd00::1"))
                .withNetworkDetached(true);
        Container container = Samples.container("c", "s")
                .withUser(new Container.ContainerUser(1, 2, List.of(3L)))
                .withStatus(ContainerStatus.creating(Samples.TIME)
                        .created(new ProcessIdentity(1, 2), null)
                        .starting(Samples.TIME.plusSeconds(1))
                        .withForeignOomKills(4L)
                        .running(Samples.TIME.plusSeconds(1))
                        .exited(Samples.TIME.plusSeconds(2), 3, "Error", "said no"));
        state.sandboxes().put("s", sandbox);
        state.containers().put("c", container);

        PodState next = new PodState(new PodPaths(root, root.resolve("state")));

        assertThat(next.load()).isEmpty();
        assertThat(next.sandboxes().find("s")).contains(sandbox);
        assertThat(next.containers().find("c")).contains(container);
    }

    /** As versions wrote it that did not count the OOM kills of others. */
    @Test
    void aRecordWithoutLaterComponentsIsRead() throws Exception {
        Container container = Samples.container("c", "s");
        state.containers().put("c", container.withStatus(container.status().withForeignOomKills(4L)));
        Path file = root.resolve("containers/c.json");
        String text = Files.readString(file);
        assertThat(text).contains(",\"foreignOomKills\":4");
        Files.writeString(file, text.replace(",\"foreignOomKills\":4", ""));

        PodState next = new PodState(new PodPaths(root, root.resolve("state")));

        assertThat(next.load()).isEmpty();
        assertThat(next.containers().find("c")).contains(container);
    }

    @Test
    void aCorruptRecordIsSetAside() throws Exception {
        state.containers().put("good", Samples.container("good", "s"));
        Files.writeString(root.resolve("containers/bad.json"), "{\"schema\":1,");
        Files.writeString(root.resolve("containers/newer.json"), "{\"schema\":99,\"record\":{}}");

        PodState next = new PodState(new PodPaths(root, root.resolve("state")));

        assertThat(next.load()).hasSize(2);
        assertThat(next.containers().all()).extracting(Container::id).containsExactly("good");
        assertThat(root.resolve("containers/bad.json")).doesNotExist();
    }

    @Test
    void aStatusAnswersWhatMayBeDone() {
        Instant time = Samples.TIME;
        ContainerStatus creating = ContainerStatus.creating(time);
        ContainerStatus created = creating.created(new ProcessIdentity(1, 2), new ProcessIdentity(3, 4));
        assertThat(creating.mayHaveProcess()).isFalse();
        assertThat(created.canStart()).isTrue();
        assertThat(created.isStartUnsettled()).isFalse();
        assertThat(created.starting(time).isStartUnsettled()).isTrue();
        assertThat(created.starting(time).notStarted()).isEqualTo(created);
        assertThat(created.running(time).isRunning()).isTrue();
        assertThat(created.running(time).isStartUnsettled()).isFalse();
        // A program that ends before its start returns was started all the same.
        assertThat(created.starting(time).exited(time, 1, "Error", "").startedAt())
                .isEqualTo(time);
        assertThat(created.exited(time, 137, "Error", "").startedAt()).isNull();
    }

    @Test
    void ids() {
        Ids ids = new Ids();
        assertThat(ids.get()).matches("[0-9a-f]{64}").isNotEqualTo(ids.get());
        assertThat(Ids.isId(ids.get())).isTrue();
        assertThat(Ids.isId("x".repeat(64))).isFalse();
        assertThat(Ids.isId("abc")).isFalse();
        assertThat(Ids.brief("0123456789abcdef")).isEqualTo("0123456789ab");
        assertThat(Ids.brief("short")).isEqualTo("short");
    }
}
