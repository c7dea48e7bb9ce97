package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.Toolbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.node.ObjectNode;

/** Streaming sessions with a real daemon, runtime, monitor and pod: what they leave, and what they hold up. Both is nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamingLeakIT {
    private static final Set<String> OF_THE_JVM =
            Set.of("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "anon_inode:[timerfd]");
    private static final int SESSIONS = 1000;
    private static final int WARM_UP = 120;
    private static final int PORT = 8080;

    /** Threads of the virtual machine come and go. */
    private static final int THREADS_MORE = 6;

    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(Toolbox.find("cri-streams").isPresent(), "needs cri-streams: ./dev test builds it");
        run = CriRun.start();
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    private Command streams(Object... arguments) {
        return Command.of(Stream.concat(
                        Stream.of(
                                Toolbox.require("cri-streams"),
                                "--socket",
                                run.runtime().node().socket()),
                        Stream.of(arguments))
                .map(Object::toString)
                .toList());
    }

    private long entries(String directory) {
        try (Stream<Path> all =
                Files.list(Path.of("/proc", Long.toString(run.runtime().pid()), directory))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the daemon has open, but for what is opened once, when it is first needed: jars and pollers, and what stats are read from. */
    private List<String> open() {
        try (Stream<Path> all =
                Files.list(Path.of("/proc", Long.toString(run.runtime().pid()), "fd"))) {
            return all.map(StreamingLeakIT::target)
                    .filter(target -> !target.endsWith(".jar")
                            && !OF_THE_JVM.contains(target)
                            && !target.startsWith("/sys/fs/cgroup/"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "closed meanwhile";
        }
    }

    /** Processes that the daemon has started and that have not ended. */
    private List<String> children() {
        return ProcessHandle.of(run.runtime().pid())
                .orElseThrow()
                .children()
                .map(child -> child.pid() + " " + child.info().command().orElse("?"))
                .toList();
    }

    private long processes(String container) {
        try {
            return crictl.run("exec", "--sync", container, "ps").lines().count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; !condition.getAsBoolean(); i++) {
            assertThat(i).as("waits of 100 ms for " + what).isLessThan(300);
            Thread.sleep(100);
        }
    }

    @Test
    void aThousandSessionsLeaveNothing() throws Exception {
        ObjectNode pod = crictl.pod("leak");
        String podId = crictl.runPod(pod);
        ObjectNode container =
                crictl.container("main", Crictl.BUSYBOX, "sh", "-c", "nc -ll -p " + PORT + " -e cat & exec cat");
        container.put("stdin", true);
        String id = crictl.runContainer(podId, pod, container);
        Command few = streams("--container", id, "--sandbox", podId, "--port", PORT, "--sessions", WARM_UP);
        Result first = few.result();
        for (int i = 0; i < 50 && first.status() != 0 && first.error().contains("connection refused"); i++) {
            Thread.sleep(100); // nc does not listen yet
            first = few.result();
        }
        assertThat(first.error()).isEmpty();
        await("the warm-up to be over", () -> children().isEmpty());
        List<String> descriptors = open();
        long threads = entries("task");
        long inContainer = processes(id);

        String unused = streams("--container", id, "--sandbox", podId, "--port", PORT, "--sessions", SESSIONS)
                .run();

        await("the last children: " + children(), () -> children().isEmpty());
        await("processes in the container as before", () -> processes(id) <= inContainer);
        try {
            await("descriptors as before, " + descriptors, () -> open().size() <= descriptors.size());
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + " open: " + open(), e);
        }
        await("threads as before", () -> entries("task") <= threads + THREADS_MORE);
        crictl.removePod(podId);
    }

    @Test
    void clientsThatDoNotReadStallNoContainer() throws Exception {
        ObjectNode pod = crictl.pod("stuck");
        String podId = crictl.runPod(pod);
        ObjectNode container = crictl.container(
                "main", Crictl.BUSYBOX, "sh", "-c", "read line; yes 0123456789abcdef | head -c 30000000; exit 5");
        container.put("stdin", true);
        String id = crictl.runContainer(podId, pod, container);
        Process stuck = new ProcessBuilder(
                        streams("--container", id, "--stuck", "3").words())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            BufferedReader output =
                    new BufferedReader(new InputStreamReader(stuck.getInputStream(), StandardCharsets.UTF_8));
            assertThat(output.readLine()).isEqualTo("attached");
            Process input = new ProcessBuilder(
                            run.runtime().crictl("attach", "-i", id).words())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                input.getOutputStream().write('\n');
                input.getOutputStream().flush();

                assertThat(crictl.awaitExit(id).get("exitCode").intValue()).isEqualTo(5);
            } finally {
                input.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
            }
        } finally {
            stuck.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
        crictl.removePod(podId);
    }
}
