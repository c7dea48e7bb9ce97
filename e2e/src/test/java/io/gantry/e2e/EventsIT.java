package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Events of containers and sandboxes, as a subscriber sees them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventsIT {
    private static final JsonMapper JSON = JsonMapper.shared();

    private CriRun run;
    private Crictl crictl;
    private Path output;
    private Process subscriber;

    @BeforeAll
    void start() throws Exception {
        run = CriRun.start();
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
        output = run.runtime().node().files().resolve("events.json");
        subscriber = run.runtime().crictl("events").background(output);
        // Nothing says that the subscription has begun, but its first event.
        for (int i = 0; events("").isEmpty(); i++) {
            assertThat(i).as("pods run without an event").isLessThan(50);
            crictl.removePod(crictl.runPod(crictl.pod("probe" + i)));
        }
    }

    @AfterAll
    void close() throws Exception {
        if (subscriber != null) {
            subscriber.destroy();
            assertThat(subscriber.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        if (run != null) {
            run.close();
        }
    }

    /** What the subscriber has seen of a container or sandbox; of all for an empty id. */
    private List<JsonNode> events(String id) throws Exception {
        List<JsonNode> events = new ArrayList<>();
        try (MappingIterator<JsonNode> all = JSON.readerFor(JsonNode.class).readValues(new File(output.toString()))) {
            while (all.hasNext()) {
                JsonNode event = all.next();
                if (id.isEmpty() || event.get("containerId").stringValue().equals(id)) {
                    events.add(event);
                }
            }
        } catch (RuntimeException e) {
            return events; // the last one is half written
        }
        return events;
    }

    private List<JsonNode> await(String id, int count) throws Exception {
        List<JsonNode> events = events(id);
        for (int i = 0; i < 600 && events.size() < count; i++) {
            Thread.sleep(50);
            events = events(id);
        }
        assertThat(events).hasSize(count);
        return events;
    }

    private static List<String> types(List<JsonNode> events) {
        return events.stream()
                .map(event -> event.get("containerEventType").stringValue())
                .toList();
    }

    @Test
    void aPodsLifeIsToldInOrderWithItsState() throws Exception {
        ObjectNode pod = crictl.pod("told");
        String podId = crictl.runPod(pod);
        String id = crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "top", "-b", "-d", "60"));
        crictl.run("stop", "--timeout", "0", id);
        crictl.run("rm", id);
        crictl.removePod(podId);

        List<JsonNode> ofContainer = await(id, 4);
        List<JsonNode> ofPod = await(podId, 4);

        List<String> life = List.of(
                "CONTAINER_CREATED_EVENT",
                "CONTAINER_STARTED_EVENT",
                "CONTAINER_STOPPED_EVENT",
                "CONTAINER_DELETED_EVENT");
        assertThat(types(ofContainer)).isEqualTo(life);
        assertThat(types(ofPod)).isEqualTo(life);
        assertThat(ofContainer.get(1).at("/podSandboxStatus/metadata/uid").stringValue())
                .isEqualTo("uid-told");
        assertThat(ofContainer.get(0).at("/containersStatuses/0/state").stringValue())
                .isEqualTo("CONTAINER_CREATED");
        assertThat(ofContainer.get(1).at("/containersStatuses/0/state").stringValue())
                .isEqualTo("CONTAINER_RUNNING");
        assertThat(ofContainer.get(2).at("/containersStatuses/0/state").stringValue())
                .isEqualTo("CONTAINER_EXITED");
        assertThat(ofContainer.get(2).at("/containersStatuses/0/exitCode").intValue())
                .isEqualTo(137);
        assertThat(ofContainer.get(3).at("/containersStatuses")).isEmpty();
        assertThat(ofPod.get(1).at("/podSandboxStatus/state").stringValue()).isEqualTo("SANDBOX_READY");
        assertThat(ofPod.get(2).at("/podSandboxStatus/state").stringValue()).isEqualTo("SANDBOX_NOTREADY");
        assertThat(ofPod.get(3).at("/podSandboxStatus/metadata").isMissingNode())
                .isTrue();
    }

    @Test
    void aProgramThatIsOverAtOnceHasStartedBeforeItStopped() throws Exception {
        ObjectNode pod = crictl.pod("brief");
        String podId = crictl.runPod(pod);
        for (int i = 0; i < 10; i++) {
            String id = crictl.runContainer(podId, pod, crictl.container("main" + i, Crictl.BUSYBOX, "true"));

            assertThat(types(await(id, 3)))
                    .containsExactly("CONTAINER_CREATED_EVENT", "CONTAINER_STARTED_EVENT", "CONTAINER_STOPPED_EVENT");
        }
        crictl.removePod(podId);
    }
}
