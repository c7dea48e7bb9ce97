package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.reference.Platform;
import io.gantry.image.testing.MemoryRegistry;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is on the disk when the power goes. The store lies on an ext4 file system in a file; what that file system has not
 * been made to write is not in the file. A photograph is a copy of the file taken in the middle of a pull, with the thread
 * that unpacks standing still: exactly what a disk would hold that lost power then. Each is mounted again, as after a
 * reboot, and must have whole layers only, and every image whose pull had ended.
 */
@Timeout(300)
class PowerLossTests {
    private static final int MAX_PHOTOGRAPHS = 40;

    /** A copy of the disk and the names of images whose pull had ended by then. */
    private record Photograph(String moment, Path file, List<String> pulled) {}

    private final Map<String, Map<String, byte[]>> contents = new TreeMap<>();
    private final MemoryRegistry registry = new MemoryRegistry();
    private final List<Photograph> photographs = new ArrayList<>();
    private final List<String> pulled = new ArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private TestDirectories directories;
    private Path disk;
    private Path mounted;
    private boolean syncfsLies;

    @BeforeEach
    void setUp() throws Exception {
        Privileges.assumeOverlay();
        String mkfs = Privileges.assumeProgram("mkfs.ext4");
        directories = TestDirectories.create();
        disk = directories.root().resolve("disk");
        mounted = directories.dir("mounted");
        run("truncate", "-s", "96M", disk.toString());
        run(mkfs, "-q", "-F", disk.toString());
        assumeTrue(mountDisk(disk), "needs loop devices and ext4");
    }

    @AfterEach
    void tearDown() {
        if (directories != null) {
            mounts.unmountAll(directories.root());
            directories.close();
        }
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(succeeds(command)).as(String.join(" ", command)).isTrue();
    }

    /** With a journal that is written only when somebody asks for it. */
    private boolean mountDisk(Path file) throws IOException, InterruptedException {
        return succeeds("mount", "-o", "loop,commit=300", file.toString(), mounted.toString());
    }

    private ImageService open(Syscalls syscalls) {
        ImageServiceConfig config = new ImageServiceConfig(
                mounted.resolve("root"),
                directories.root().resolve("certs.d"),
                Platform.of("linux", "amd64", null),
                List.of(),
                1,
                ImageServiceConfig.DEFAULT_PULL_MEMORY,
                1,
                false,
                ExtractionLimits.DEFAULT,
                Duration.ofSeconds(60),
                Duration.ofHours(1),
                Duration.ofHours(1),
                true);
        return ImageService.open(config, syscalls, mounts, (reference, _) -> registry.source(reference));
    }

    /** An image of two layers with files of many sizes. */
    private void image(String name, int seed) {
        Random random = new Random(seed);
        Map<String, byte[]> files = new TreeMap<>();
        TestImage image = TestImage.oci().label(name);
        for (int layer = 0; layer < 2; layer++) {
            TarBuilder tar = new TarBuilder().directory("d" + layer);
            for (int i = 0; i < 30; i++) {
                byte[] content = new byte[random.nextInt(60_000)];
                random.nextBytes(content);
                String file = "d" + layer + "/f" + i;
                files.put(file, content);
                tar.file(file, content);
            }
            image.gzipLayer(tar.build());
        }
        contents.put(name, files);
        registry.put(name, image.build());
    }

    private void photograph(String moment) {
        if (photographs.size() >= MAX_PHOTOGRAPHS) {
            return;
        }
        Path copy = directories.root().resolve("photograph-" + photographs.size());
        try {
            run("cp", "--sparse=always", disk.toString(), copy.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        photographs.add(new Photograph(moment, copy, List.copyOf(pulled)));
    }

    /** The kernel, with a photographer beside it. */
    private Syscalls watched() {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (_, method, arguments) -> {
                    boolean syncfs = method.getName().equals("syncfs");
                    synchronized (photographs) {
                        if (syncfs) {
                            photograph("before syncfs");
                        } else if (calls.incrementAndGet() % 300 == 0) {
                            photograph("at call " + calls.get() + ", " + method.getName());
                        }
                    }
                    if (syncfs && syncfsLies) {
                        return null;
                    }
                    try {
                        Object result = method.invoke(JnaSyscalls.instance(), arguments);
                        if (syncfs) {
                            synchronized (photographs) {
                                photograph("after syncfs");
                            }
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }

    private void pullAll() throws InterruptedException {
        try (ImageService service = open(watched())) {
            for (String name : contents.keySet()) {
                service.pull(PullRequest.of(name));
                synchronized (photographs) {
                    pulled.add(name);
                    photograph("after the pull of " + name);
                }
            }
        }
        assertThat(succeedsToUnmount()).isTrue();
    }

    private boolean succeedsToUnmount() {
        return mounts.unmount(mounted);
    }

    /** Layers that the last boot had not brought to the disk carry its id; this is another boot. */
    private void reboot() throws IOException {
        Path layers = mounted.resolve("root/layers");
        if (!Files.isDirectory(layers)) {
            return;
        }
        try (var names = Files.list(layers)) {
            for (Path layer : names.toList()) {
                Path mark = layer.resolve("unsynced");
                if (Files.exists(mark)) {
                    Files.write(mark, "an earlier boot".getBytes(StandardCharsets.US_ASCII));
                }
            }
        }
    }

    /** Problems of what a photograph shows; empty when it is as it must be. */
    private List<String> problems(Photograph photograph) throws Exception {
        List<String> problems = new ArrayList<>();
        run("mount", "-o", "loop", photograph.file().toString(), mounted.toString());
        try {
            reboot();
            try (ImageService service = open(JnaSyscalls.instance())) {
                for (String name : photograph.pulled()) {
                    if (service.find(name).isEmpty()) {
                        problems.add(name + " is not listed");
                    }
                }
                for (Image image : service.list(null)) {
                    String name = image.repoTags().getFirst();
                    Path target = mounted.resolve("mnt");
                    service.prepareRootfs("m", name, target, RootfsOptions.WRITABLE);
                    contents.getOrDefault(name, Map.of()).forEach((file, content) -> {
                        try {
                            if (!java.util.Arrays.equals(Files.readAllBytes(target.resolve(file)), content)) {
                                problems.add(name + ": " + file + " has other contents");
                            }
                        } catch (IOException e) {
                            problems.add(name + ": " + e);
                        }
                    });
                    service.removeRootfs("m", target);
                }
                // A pull goes on from whatever there is, and gives the right files.
                for (String name : contents.keySet()) {
                    service.pull(PullRequest.of(name));
                }
            }
        } finally {
            mounts.unmountAll(mounted);
            Files.deleteIfExists(photograph.file());
        }
        return problems;
    }

    @Test
    void aStoreThatLostPowerHasWholeImagesOnly() throws Exception {
        image("r.io/a:1", 1);
        image("r.io/b:1", 2);
        image("r.io/c:1", 3);
        pullAll();

        assertThat(photographs).extracting(Photograph::moment).contains("before syncfs", "after syncfs");
        assertThat(photographs).hasSizeGreaterThan(8);
        for (Photograph photograph : photographs) {
            assertThat(problems(photograph)).as(photograph.moment()).isEmpty();
        }
    }

    @Test
    void theDiskReallyLosesWhatWasNotSynced() throws Exception {
        image("r.io/a:1", 1);
        syncfsLies = true;
        pullAll();

        Photograph last = photographs.getLast();
        assertThat(last.moment()).isEqualTo("after the pull of r.io/a:1");
        assertThat(problems(last))
                .as("without syncfs something must be missing")
                .isNotEmpty();
    }
}
