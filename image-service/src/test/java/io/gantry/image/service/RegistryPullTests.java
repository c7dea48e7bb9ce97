package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.testing.LocalRegistry;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real registry program, over HTTP. */
@Timeout(180)
class RegistryPullTests {
    private TestDirectories directories;
    private LocalRegistry registry;
    private Mounts mounts;
    private ImageService service;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        registry = LocalRegistry.start();
        directories = TestDirectories.create();
        mounts = new Mounts(JnaSyscalls.instance());
        service = ImageService.open(
                ImageServiceConfig.defaults(directories.dir("root"), directories.dir("certs.d")),
                JnaSyscalls.instance(),
                mounts);
    }

    @AfterEach
    void tearDown() {
        if (service != null) {
            service.close();
            mounts.unmountAll(directories.root());
            new TreeRemover(JnaSyscalls.instance()).remove(directories.root());
            registry.close();
        }
    }

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private List<String> layerNames() throws IOException {
        try (var names = Files.list(directories.root().resolve("root/layers"))) {
            return names.map(path -> path.getFileName().toString()).toList();
        }
    }

    @Test
    void everyFormatByTagAndByDigestFromAnIndex() throws Exception {
        for (TestImage.Flavor flavor : TestImage.Flavor.values()) {
            String repository = "app-" + flavor.name().toLowerCase(java.util.Locale.ROOT);
            byte[] large = noise(3_000_000);
            TestImage here = new TestImage(flavor)
                    .architecture(io.gantry.image.reference.Platform.current().architecture())
                    .gzipLayer(new TarBuilder().file("gzip", large).build())
                    .zstdLayer(new TarBuilder().file("zstd", large).build())
                    .plainLayer(new TarBuilder().file("plain", "x").build())
                    .build();
            TestImage other = new TestImage(flavor)
                    .architecture("s390x")
                    .gzipLayer(new TarBuilder().file("s390x", "x").build())
                    .build();
            TestImage index = TestImage.index(flavor, other, here);
            registry.push(repository, "1", index);
            String name = registry.host() + "/" + repository;

            Image byTag = service.pull(PullRequest.of(name + ":1")).image();
            assertThat(byTag.id()).isEqualTo(here.id());
            assertThat(byTag.repoTags()).containsExactly(name + ":1");
            assertThat(byTag.repoDigests())
                    .containsExactly(name + "@" + index.top().digest());
            service.remove(byTag.id());
            Image byDigest = service.pull(
                            PullRequest.of(name + "@" + index.top().digest()))
                    .image();
            assertThat(byDigest.repoTags()).isEmpty();

            Path target = directories.root().resolve("mnt-" + repository);
            service.prepareRootfs(repository, byDigest.id(), target, RootfsOptions.WRITABLE);
            assertThat(Files.readAllBytes(target.resolve("gzip"))).isEqualTo(large);
            assertThat(Files.readAllBytes(target.resolve("zstd"))).isEqualTo(large);
            assertThat(target.resolve("plain")).hasContent("x");
            service.removeRootfs(repository, target);
            service.remove(name + "@" + index.top().digest());
        }
        assertThat(layerNames()).isEmpty();
        assertThat(mounts.under(directories.root())).isEmpty();
    }

    @Test
    void aWrongDigestServedLeavesNothing() throws Exception {
        TestImage image = TestImage.oci()
                .architecture(io.gantry.image.reference.Platform.current().architecture())
                .plainLayer(new TarBuilder().file("a", noise(200_000)).build())
                .build();
        registry.push("app", "1", image);
        registry.corrupt(image.layers().getFirst());

        assertThatThrownBy(() -> service.pull(PullRequest.of(registry.host() + "/app:1")))
                .isInstanceOfSatisfying(GantryException.class, e -> {
                    assertThat(e.kind()).isEqualTo(ErrorKind.DATA_LOSS);
                    assertThat(e)
                            .hasMessageContaining(
                                    image.layers().getFirst().digest().toString());
                });
        assertThat(layerNames()).isEmpty();
        assertThat(service.list(null)).isEmpty();
    }

    @Test
    void anUnknownImageIsNotFound() {
        assertThatThrownBy(() -> service.pull(PullRequest.of(registry.host() + "/none:1")))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }

    @Test
    void manyPullsAtOnceOfImagesThatShareLayers() throws Exception {
        byte[] base = new TarBuilder().file("base", noise(1_000_000)).build();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            registry.push(
                    "app" + i,
                    "1",
                    TestImage.oci()
                            .architecture(
                                    io.gantry.image.reference.Platform.current().architecture())
                            .gzipLayer(base)
                            .gzipLayer(new TarBuilder()
                                    .file("own", ("own" + i).getBytes(StandardCharsets.UTF_8))
                                    .build())
                            .build());
            names.add(registry.host() + "/app" + i + ":1");
        }
        List<CompletableFuture<PullResult>> results = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            CompletableFuture<PullResult> result = new CompletableFuture<>();
            String name = names.get(i % 4);
            results.add(result);
            Thread.ofVirtual().start(() -> {
                try {
                    result.complete(service.pull(PullRequest.of(name)));
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        }
        for (CompletableFuture<PullResult> result : results) {
            assertThat(result.get(120, TimeUnit.SECONDS).image().layers()).hasSize(2);
        }
        assertThat(service.list(null)).hasSize(4);
        assertThat(layerNames()).hasSize(5);
        names.forEach(service::remove);
        assertThat(layerNames()).isEmpty();
    }

    @Test
    void anInterruptedPullEndsAndLeavesNoHalfLayer() throws Exception {
        TestImage image = TestImage.oci()
                .architecture(io.gantry.image.reference.Platform.current().architecture())
                .plainLayer(new TarBuilder().file("a", noise(64 << 20)).build())
                .build();
        registry.push("app", "1", image);
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                service.pull(PullRequest.of(registry.host() + "/app:1"));
                end.complete(new AssertionError("pulled before it could be interrupted"));
            } catch (Throwable e) {
                end.complete(e);
            }
        });
        while (layerNames().isEmpty()) {
            Thread.sleep(1);
        }
        caller.interrupt();

        assertThat(end.get(60, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(layerNames()).isEmpty();
        assertThat(service.pull(PullRequest.of(registry.host() + "/app:1")).id())
                .isEqualTo(image.id());
    }
}
