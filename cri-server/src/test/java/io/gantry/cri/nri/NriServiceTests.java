package io.gantry.cri.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import io.gantry.cri.nri.proto.ConfigureResponse;
import io.gantry.cri.nri.proto.CreateContainerResponse;
import io.gantry.cri.nri.proto.Event;
import io.gantry.cri.nri.proto.FailurePolicy;
import io.gantry.cri.nri.proto.LifecycleRequest;
import io.gantry.cri.nri.proto.StateChangeEvent;
import io.gantry.cri.nri.proto.SynchronizeRequest;
import io.gantry.cri.nri.proto.UpdateContainerResponse;
import io.gantry.cri.nri.proto.UpdateContainersRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.state.PodSandbox;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** The runtime side on a real socket, with plugins in this process. */
class NriServiceTests {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(100);

    private final TestDirectories directories = TestDirectories.create();
    private final FakeAccess access = new FakeAccess();
    private final List<FakePlugin> plugins = new ArrayList<>();
    private final PodSandbox pod = FakeAccess.pod("p1");
    private @Nullable NriService started;

    @AfterEach
    void close() {
        plugins.forEach(FakePlugin::close);
        if (started != null) {
            started.close();
        }
        directories.close();
    }

    private Path socket() {
        return directories.root().resolve("nri/nri.sock");
    }

    private void start(Duration registration, Duration request) throws InterruptedException {
        NriService service = new NriService(new NriOptions(
                socket(),
                directories.root().resolve("plugins"),
                directories.root().resolve("conf"),
                directories.root(),
                registration,
                request,
                "1.2.3"));
        service.start(access);
        started = service;
    }

    private NriService service() {
        return Objects.requireNonNull(started);
    }

    private LinuxResources updated(String container) {
        return Objects.requireNonNull(access.updates.get(container)).limits();
    }

    private FakePlugin connect() throws Exception {
        FakePlugin plugin = FakePlugin.connect(socket());
        plugins.add(plugin);
        return plugin;
    }

    private FakePlugin join(FakePlugin plugin, String index, String name) throws Exception {
        plugin.talk().register(index, name);
        // Whoever joins is asked from then on.
        await(() -> plugin.synced.stream().anyMatch(part -> !part.getMore()));
        try (Admission admission = service().admit()) {
            return plugin;
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for a minute").isLessThan(deadline);
            Thread.sleep(2);
        }
    }

    private static int mask(Event... events) {
        int mask = 0;
        for (Event event : events) {
            mask |= 1 << (event.getNumber() - 1);
        }
        return mask;
    }

    private static ByteString create(String text) throws TextFormat.ParseException {
        return TextFormat.parse(text, CreateContainerResponse.class).toByteString();
    }

    private static ObjectNode spec() {
        return (ObjectNode) Json.mapper().readTree("{\"process\": {\"env\": [\"A=0\"]}}");
    }

    @Test
    void aPluginIsConfiguredAndToldWhatExists() throws Exception {
        access.sandboxes.add(pod);
        access.containers.add(FakeAccess.container("c1", pod));
        start(LONG, LONG);
        assertThat(service().present()).isFalse();

        FakePlugin plugin = join(connect(), "10", "a");

        assertThat(service().present()).isTrue();
        assertThat(plugin.configured.get().getRuntimeName()).isEqualTo("gantry");
        assertThat(plugin.configured.get().getRuntimeVersion()).isEqualTo("1.2.3");
        assertThat(plugin.configured.get().getRequestTimeout()).isEqualTo(60_000);
        SynchronizeRequest told = plugin.synced.getFirst();
        assertThat(told.getPods(0).getIps(0)).isEqualTo("10.0.0.1");
        assertThat(told.getContainers(0).getPodSandboxId()).isEqualTo("p1");
        assertThat(told.getContainers(0).getImage().getDigest()).isEqualTo("sha256:manifest");
    }

    @Test
    void theSocketIsForRootAlone() throws Exception {
        start(LONG, LONG);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket().getParent())))
                .isEqualTo("rwx------");
        service().close();
        assertThat(socket()).doesNotExist();
    }

    @Test
    void pluginsAreAskedInTheOrderOfTheirIndexes() throws Exception {
        start(LONG, LONG);
        List<String> order = java.util.Collections.synchronizedList(new ArrayList<>());
        for (String index : List.of("50", "05", "20")) {
            FakePlugin plugin = connect();
            plugin.methods.put("RunPodSandbox", request -> {
                order.add(index);
                return ByteString.EMPTY;
            });
            join(plugin, index, "a");
        }

        service().runPodSandbox(pod);

        assertThat(order).containsExactly("05", "20", "50");
    }

    @Test
    void onlyWhatAPluginSubscribedForIsTold() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.configuration = ConfigureResponse.newBuilder()
                .setEvents(mask(Event.STOP_POD_SANDBOX))
                .build();
        join(plugin, "10", "a");

        service().runPodSandbox(pod);
        service().stopPodSandbox(pod);
        service().removePodSandbox(pod);

        assertThat(plugin.asked).containsExactly("Configure", "Synchronize", "StopPodSandbox");
    }

    @Test
    void onlyWhatHasNotHappenedYetCanBeRefused() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.methods.put("RunPodSandbox", FakePlugin.failing("not today"));
        plugin.methods.put("StopPodSandbox", FakePlugin.failing("too late"));
        join(plugin, "10", "a");

        assertThatThrownBy(() -> service().runPodSandbox(pod))
                .isInstanceOf(GantryException.class)
                .hasMessage("ask NRI plugin 10-a about RunPodSandbox: not today");
        service().stopPodSandbox(pod);
        assertThat(service().present()).isTrue();
    }

    @Test
    void anOlderPluginIsToldByStateChange() throws Exception {
        start(LONG, LONG);
        List<StateChangeEvent> changes = java.util.Collections.synchronizedList(new ArrayList<>());
        FakePlugin plugin = connect();
        plugin.methods.put("RunPodSandbox", FakePlugin.unimplemented());
        plugin.methods.put("StartContainer", FakePlugin.unimplemented());
        plugin.methods.put("StateChange", request -> {
            changes.add(StateChangeEvent.parseFrom(request));
            return ByteString.EMPTY;
        });
        join(plugin, "10", "old");

        service().runPodSandbox(pod);
        service().runPodSandbox(pod);
        service().startContainer(pod, FakeAccess.container("c1", pod));

        assertThat(changes)
                .extracting(StateChangeEvent::getEvent)
                .containsExactly(Event.RUN_POD_SANDBOX, Event.RUN_POD_SANDBOX, Event.START_CONTAINER);
        assertThat(changes.get(2).getContainer().getId()).isEqualTo("c1");
        assertThat(plugin.asked).filteredOn("RunPodSandbox"::equals).hasSize(1);
    }

    @Test
    void anEventThatAPluginDoesNotKnowIsNoReasonToFail() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.methods.put("UpdatePodSandbox", FakePlugin.unimplemented());
        join(plugin, "10", "a");

        service().updatePodSandbox(pod, null, null);
        service().updatePodSandbox(pod, null, null);

        assertThat(plugin.asked).filteredOn("UpdatePodSandbox"::equals).hasSize(1);
        assertThat(service().present()).isTrue();
    }

    @Test
    void aPluginThatDoesNotAnswerIsPartedWith() throws Exception {
        start(LONG, SHORT);
        CountDownLatch release = new CountDownLatch(1);
        FakePlugin plugin = connect();
        plugin.methods.put("RunPodSandbox", request -> {
            release.await();
            return ByteString.EMPTY;
        });
        join(plugin, "10", "a");

        service().runPodSandbox(pod);
        release.countDown();

        assertThat(service().present()).isFalse();
        assertThat(plugin.reason()).isNotEmpty();
    }

    @Test
    void aPluginMayWantTheRequestToFailAndToStay() throws Exception {
        start(LONG, SHORT);
        CountDownLatch release = new CountDownLatch(1);
        FakePlugin plugin = connect();
        plugin.configuration = ConfigureResponse.newBuilder()
                .setFailurePolicy(
                        FailurePolicy.newBuilder().setFailRequest(true).setKeepConnected(true))
                .build();
        plugin.methods.put("RunPodSandbox", request -> {
            release.await();
            return ByteString.EMPTY;
        });
        join(plugin, "10", "a");

        assertThatThrownBy(() -> service().runPodSandbox(pod))
                .hasMessage("ask NRI plugin 10-a about RunPodSandbox: it did not answer within 100 ms")
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED));
        release.countDown();

        assertThat(service().present()).isTrue();
    }

    @Test
    void anAnswerThatCannotBeReadIsNoTimeout() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.configuration = ConfigureResponse.newBuilder()
                .setFailurePolicy(FailurePolicy.newBuilder().setFailRequest(true))
                .build();
        plugin.methods.put("CreateContainer", request -> ByteString.copyFrom(new byte[] {(byte) 0xff}));
        join(plugin, "10", "a");

        assertThatThrownBy(() -> service().createContainer(pod, FakeAccess.container("c1", pod), spec()))
                .hasMessageStartingWith("ask NRI plugin 10-a about CreateContainer: its answer cannot be read: ")
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        await(() -> !service().present());
    }

    @Test
    void aPluginThatGoesIsForgotten() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = join(connect(), "10", "a");

        plugin.close();

        await(() -> !service().present());
        service().runPodSandbox(pod);
    }

    @Test
    void whoDoesNotRegisterInTimeIsPartedWith() throws Exception {
        start(SHORT, LONG);
        FakePlugin plugin = connect().talk();

        assertThat(plugin.reason()).isNotEmpty();
        assertThat(plugin.asked).isEmpty();
    }

    @Test
    void aWrongNameOrIndexIsRefused() throws Exception {
        start(LONG, LONG);

        assertThatThrownBy(() -> connect().talk().register("1", "a"))
                .hasMessage("register plugin: the index \"1\" is not two digits");
        assertThatThrownBy(() -> connect().talk().register("10", "a b"))
                .hasMessage("register plugin: the name \"a b\" has other characters than letters, digits and _.+-");
        FakePlugin plugin = join(connect(), "10", "a");
        assertThatThrownBy(() -> plugin.register("11", "b")).hasMessageContaining("it has registered already");
    }

    @Test
    void eventsThatThereAreNotAreRefused() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.configuration = ConfigureResponse.newBuilder().setEvents(1 << 20).build();
        try {
            plugin.talk().register("10", "a");
        } catch (IOException e) {
            // It was disconnected before it had read the answer.
        }

        assertThat(plugin.reason()).isNotEmpty();
        assertThat(service().present()).isFalse();
    }

    @Test
    void updatesBeforeTheRegistrationAreRefused() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect().talk();

        assertThatThrownBy(() -> plugin.update(UpdateContainersRequest.getDefaultInstance()))
                .hasMessage("update containers: the plugin has not registered");
    }

    @Test
    void whatDoesNotFitInOneMessageComesInSeveral() throws Exception {
        for (int i = 0; i < 400; i++) {
            var container = FakeAccess.container("c" + i, pod);
            access.containers.add(container.withStatus(
                    container.status().exited(java.time.Instant.EPOCH, 0, "", "x".repeat(20_000))));
        }
        start(LONG, LONG);

        FakePlugin plugin = join(connect(), "10", "a");
        FakePlugin other = connect();
        other.knowsSeveralMessages = false;
        other.talk().register("20", "simple");

        assertThat(plugin.synced).hasSizeGreaterThan(2);
        assertThat(plugin.synced.stream()
                        .mapToInt(SynchronizeRequest::getContainersCount)
                        .sum())
                .isEqualTo(400);
        assertThat(other.reason()).isNotEmpty();
    }

    @Test
    void whoJoinsWhileSomethingIsMadeIsToldOfIt() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        try (Admission admission = service().admit()) {
            plugin.talk().register("10", "a");
            assertThat(plugin.configured.get()).isNotNull();
            assertThat(plugin.synced).isEmpty();
            access.sandboxes.add(pod);
        }

        await(() -> !plugin.synced.isEmpty());
        assertThat(plugin.synced.getFirst().getPodsList()).hasSize(1);
    }

    @Test
    void adjustmentsOfSeveralPluginsComeTogether() throws Exception {
        start(LONG, LONG);
        FakePlugin first = connect();
        first.methods.put("CreateContainer", request -> answer("""
                adjust { env { key: "B" value: "1" } CDI_devices { name: "vendor.com/gpu=0" } }
                update { container_id: "c9" linux { resources { cpu { shares { value: 7 } } } } }
                evict { container_id: "c8" reason: "no room" }
                """));
        FakePlugin second = connect();
        List<LifecycleRequest> seen = java.util.Collections.synchronizedList(new ArrayList<>());
        second.methods.put("CreateContainer", request -> {
            seen.add(LifecycleRequest.parseFrom(request));
            return answer("adjust { env { key: \"A\" value: \"2\" } }");
        });
        join(second, "20", "b");
        join(first, "10", "a");
        ObjectNode spec = spec();

        List<String> devices = service().createContainer(pod, FakeAccess.container("c1", pod), spec);

        assertThat(devices).containsExactly("vendor.com/gpu=0");
        assertThat(spec.at("/process/env").toString()).isEqualTo("[\"A=2\",\"B=1\"]");
        assertThat(seen.getFirst().getContainer().getEnvList()).containsExactly("A=0", "B=1");
        assertThat(updated("c9").cpuShares()).isEqualTo(7);
        await(() -> access.evicted.equals(List.of("c8")));
    }

    private static ByteString answer(String text) {
        try {
            return create(text);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void anUpdateOfTheContainerThatIsBeingCreatedIsRefused() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.methods.put("CreateContainer", request -> answer("update { container_id: \"c1\" }"));
        join(plugin, "10", "a");

        assertThatThrownBy(() -> service().createContainer(pod, FakeAccess.container("c1", pod), spec()))
                .hasMessageContaining("it is only being created");
    }

    @Test
    void anUpdateThatFailsFailsTheCreationUnlessItMay() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        String[] answer = {"update { container_id: \"unknown\" }"};
        plugin.methods.put("CreateContainer", request -> answer(answer[0]));
        join(plugin, "10", "a");

        assertThatThrownBy(() -> service().createContainer(pod, FakeAccess.container("c1", pod), spec()))
                .hasMessageContaining("find container unknown");
        answer[0] = "update { container_id: \"unknown\" ignore_failure: true }";
        assertThat(service().createContainer(pod, FakeAccess.container("c1", pod), spec()))
                .isEmpty();
    }

    @Test
    void anAnswerThatIsNoProtobufEndsTheConnection() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.methods.put(
                "CreateContainer", request -> ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff}));
        join(plugin, "10", "a");

        assertThat(service().createContainer(pod, FakeAccess.container("c1", pod), spec()))
                .isEmpty();
        assertThat(service().present()).isFalse();
    }

    @Test
    void anUpdateIsMergedWithWhatPluginsWant() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = connect();
        plugin.methods.put(
                "UpdateContainer",
                request -> UpdateContainerResponse.newBuilder()
                        .mergeFrom(update("""
                        update { container_id: "c1" linux { resources {
                          cpu { shares { value: 5 } } memory { reservation { value: 99 } } } } }
                        update { container_id: "c2" linux { resources { cpu { cpus: "0" } } } }
                        """))
                        .build()
                        .toByteString());
        join(plugin, "10", "a");

        ResourceChange change = service()
                .updateContainer(
                        pod,
                        FakeAccess.container("c1", pod),
                        new LinuxResources(0, 0, 2, 1000, 0, "", "", List.of(), java.util.Map.of(), 0));

        assertThat(change.limits().cpuShares()).isEqualTo(5);
        assertThat(change.limits().memoryLimit()).isEqualTo(1000);
        assertThat(change.others().at("/memory/reservation").asInt()).isEqualTo(99);
        assertThat(updated("c2").cpusetCpus()).isEqualTo("0");
    }

    private static UpdateContainerResponse update(String text) {
        try {
            return TextFormat.parse(text, UpdateContainerResponse.class);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void aPluginUpdatesContainersWheneverItLikesAndIsToldWhatFailed() throws Exception {
        start(LONG, LONG);
        FakePlugin plugin = join(connect(), "10", "a");

        var failed = plugin.update(TextFormat.parse("""
                update { container_id: "c1" linux { resources { cpu { shares { value: 3 } } } } }
                update { container_id: "unknown1" }
                update { container_id: "unknown2" ignore_failure: true }
                evict { container_id: "c5" reason: "because" }
                """, UpdateContainersRequest.class));

        assertThat(failed.getFailedList())
                .singleElement()
                .matches(update -> update.getContainerId().equals("unknown1"));
        assertThat(access.updates).containsOnlyKeys("c1");
        await(() -> access.evicted.equals(List.of("c5")));
    }

    @Test
    void aStaleSocketIsReplacedAndAnyOtherFileIsNot() throws Exception {
        Path unused = directories.dir("nri");
        try (var stale = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(socket()));
        }
        start(LONG, LONG);
        join(connect(), "10", "a");
        service().close();

        Files.writeString(socket(), "a file");
        start(LONG, LONG);
        service().close();
        assertThat(socket()).hasContent("a file");
    }

    @Test
    void theSocketOfAnotherRuntimeIsLeftAlone() throws Exception {
        Path unused = directories.dir("nri");
        try (var other = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(socket()));
            start(LONG, LONG);
            service().close();

            try (SocketChannel connected = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
                assertThat(connected.isConnected()).isTrue();
            }
        }
    }

    @Test
    void manyConnectionsThatSayNothingDoNotKeepAPluginOut() throws Exception {
        start(SHORT, LONG);
        for (int i = 0; i < 200; i++) {
            connect().talk();
        }
        for (FakePlugin silent : plugins) {
            assertThat(silent.reason()).isNotEmpty();
        }

        join(connect(), "10", "a");

        assertThat(service().present()).isTrue();
    }

    @Test
    void anInstalledPluginThatHangsDelaysOnlyWhatIsMade() throws Exception {
        install("10-hangs", "exec sleep 1000");
        start(LONG, LONG);

        service().stopPodSandbox(pod);
        CountDownLatch admitted = new CountDownLatch(1);
        Thread creation = Thread.ofVirtual().start(() -> {
            try (Admission admission = service().admit()) {
                admitted.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await(() -> creation.getState() == Thread.State.TIMED_WAITING);
        assertThat(admitted.getCount()).isOne();

        service().close();
        admitted.await();
        creation.join();
    }

    @Test
    void anInstalledPluginThatHangsIsNotWaitedForForever() throws Exception {
        install("10-hangs", "exec sleep 1000");
        start(SHORT, SHORT);

        try (Admission admission = service().admit()) {
            assertThat(service().present()).isFalse();
        }
    }

    /** The first one is often closed before its plugin's process is there, the last one afterwards. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 10, 20, 40})
    void noInstalledPluginOutlivesTheServiceThatStartsIt(int milliseconds) throws Exception {
        install("10-hangs", "exec sleep 1000");
        start(LONG, LONG);
        Thread.sleep(milliseconds);
        service().close();

        await(() -> ProcessHandle.current()
                .children()
                .noneMatch(child -> child.info().command().orElse("").endsWith("/sleep")));
    }

    private void install(String name, String script) throws Exception {
        Path program = directories.file("plugins/" + name, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
