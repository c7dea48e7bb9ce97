package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.gantry.image.codec.HashingFeed;
import io.gantry.image.testing.TarBuilder;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives made to get out of the layer, or to hurt whoever unpacks them: refused or contained, nothing outside touched. */
@Timeout(120)
class HostileArchiveTests {
    private ExtractionFixture layer;

    @BeforeEach
    void setUp() {
        Privileges.assumeRoot();
        layer = new ExtractionFixture();
    }

    @AfterEach
    void tearDown() {
        if (layer != null) {
            assertThat(layer.isOutsideUntouched()).isTrue();
            layer.close();
        }
    }

    @Test
    void namesThatLeaveTheRootStayInside() throws Exception {
        layer.extract(new TarBuilder()
                .file("../secret", "1")
                .file("../../../../../../../../etc/passwd", "2")
                .file("/etc/shadow", "3")
                .file("a/../../secret2", "4")
                .file("//etc//group", "5")
                .build());

        assertThat(layer.text("secret")).isEqualTo("1");
        assertThat(layer.text("etc/passwd")).isEqualTo("2");
        assertThat(layer.text("etc/shadow")).isEqualTo("3");
        assertThat(layer.text("secret2")).isEqualTo("4");
        assertThat(layer.text("etc/group")).isEqualTo("5");
    }

    @Test
    void linksThatLeaveTheRootAreFollowedInsideOnly() throws Exception {
        layer.extract(new TarBuilder()
                .symlink("up", "../../..")
                .file("up/etc/passwd", "inside")
                .symlink("abs", "/etc")
                .file("abs/group", "inside")
                .symlink("chain", "up/abs")
                .file("chain/hosts", "inside")
                .symlink("p", "/proc/self/root")
                .file("p/etc/issue", "inside")
                .build());

        assertThat(layer.text("etc/passwd")).isEqualTo("inside");
        assertThat(layer.text("etc/group")).isEqualTo("inside");
        assertThat(layer.text("proc/self/root/etc/issue")).isEqualTo("inside");
    }

    @Test
    void aLinkIsReplacedAndNotWrittenThrough() throws Exception {
        layer.extract(new TarBuilder()
                .symlink("passwd", "../../../etc/passwd")
                .file("passwd", "replaced")
                .symlink("dir", "../secret")
                .mode(0777)
                .directory("dir")
                .build());

        assertThat(layer.text("passwd")).isEqualTo("replaced");
        assertThat(layer.status("dir").isDirectory()).isTrue();
    }

    @Test
    void aDirectorySwappedForALinkIsNotRemembered() throws Exception {
        layer.extract(new TarBuilder()
                .directory("d")
                .file("d/first", "x")
                .symlink("d", "/other")
                .file("d/second", "x")
                .build());

        assertThat(layer.status("d").isSymlink()).isTrue();
        assertThat(layer.text("other/second")).isEqualTo("x");
        assertThat(layer.exists("other/first")).isFalse();
    }

    @Test
    void directoryAttributesDoNotGoThroughALaterLink() throws Exception {
        layer.extract(new TarBuilder()
                .mode(0777)
                .owner(1, 1)
                .directory("d")
                .mode(0700)
                .owner(0, 0)
                .directory("victim")
                .symlink("d", "victim")
                .build());

        assertThat(layer.status("victim").permissions()).isEqualTo(0700);
        assertThat(layer.status("victim").uid()).isZero();
    }

    private static byte[] hardLink(String name, String target) {
        return new TarBuilder().directory("d").hardLink(name, target).build();
    }

    private static byte[] header(java.util.function.Consumer<byte[]> change) {
        TarBuilder tar = new TarBuilder();
        byte[] header = tar.header('0', "f".getBytes(StandardCharsets.UTF_8), new byte[0], 0, 0, 0);
        change.accept(header);
        TarBuilder.finish(header);
        return tar.raw(header).build();
    }

    private static Map<String, byte[]> refused() {
        Map<String, byte[]> corpus = new LinkedHashMap<>();
        corpus.put("which the layer does not have #out", hardLink("x", "../secret"));
        corpus.put("which the layer does not have #abs", hardLink("x", "/etc/passwd"));
        corpus.put(
                "which the layer does not have #forward",
                new TarBuilder().hardLink("x", "later").file("later", "").build());
        corpus.put(
                "which the layer does not have #link",
                new TarBuilder().symlink("l", "../..").hardLink("x", "l/secret").build());
        corpus.put("which is a directory", hardLink("x", "d"));
        corpus.put("has no target", hardLink("x", "/"));
        corpus.put(
                "names nothing that can be deleted #empty",
                new TarBuilder().file(".wh.", "").build());
        corpus.put(
                "names nothing that can be deleted #dot",
                new TarBuilder().file(".wh..", "").build());
        corpus.put(
                "names nothing that can be deleted #dots",
                new TarBuilder().file("a/.wh...", "").build());
        corpus.put(
                "used as a directory but is none",
                new TarBuilder().file("f", "").file("f/g", "").build());
        corpus.put(
                "used as a directory but is none #device",
                new TarBuilder().character("f", 1, 3).file("f/g", "").build());
        corpus.put(
                "go in circles",
                new TarBuilder()
                        .symlink("a", "b")
                        .symlink("b", "a")
                        .file("a/f", "")
                        .build());
        corpus.put(
                "go in circles #self",
                new TarBuilder().symlink("a", "a").file("a/f", "").build());
        corpus.put("too long", new TarBuilder().file("n".repeat(256), "").build());
        corpus.put(
                "too long #path",
                new TarBuilder().file("n/".repeat(3000) + "f", "").build());
        corpus.put(
                "unknown type",
                new TarBuilder().entry('Z', "f", "", new byte[0], 0, 0).build());
        corpus.put(
                "unknown type #multi",
                new TarBuilder().entry('M', "f", "", new byte[0], 0, 0).build());
        corpus.put(
                "wrong checksum",
                new TarBuilder().raw(new byte[] {'x'}).raw(new byte[511]).build());
        corpus.put("size in a tar header is negative", header(h -> Arrays.fill(h, 124, 136, (byte) 0xFF)));
        corpus.put("is too large #size", header(h -> {
            Arrays.fill(h, 124, 136, (byte) 0x7F);
            h[124] = (byte) 0xBF;
        }));
        corpus.put("not a number #size", header(h -> h[126] = 'x'));
        corpus.put("user id of \"f\" is out of range", header(h -> Arrays.fill(h, 108, 116, (byte) 0xFF)));
        corpus.put(
                "group id of \"f\" is out of range",
                new TarBuilder().pax("gid", "4294967295").file("f", "").build());
        corpus.put("major device number", new TarBuilder().block("f", 4096, 0).build());
        corpus.put(
                "minor device number", new TarBuilder().block("f", 1, 1 << 20).build());
        corpus.put(
                "cut off #header",
                new TarBuilder().file("f", "x").raw(new byte[100]).buildOpen());
        corpus.put(
                "cut off #data",
                Arrays.copyOf(new TarBuilder().file("f", "x".repeat(600)).build(), 1000));
        corpus.put(
                "cut off #padding",
                Arrays.copyOf(new TarBuilder().file("f", "x".repeat(600)).build(), 512 + 610));
        corpus.put(
                "single zero block",
                new TarBuilder().raw(new byte[512]).file("f", "").build());
        corpus.put(
                "after an extended header",
                new TarBuilder().entry('L', "x", "", new byte[] {'a', 0}, 0, 0).build());
        corpus.put("extended tar header of", header(h -> {
            h[156] = 'x';
            TarBuilder.octal(h, 124, 12, 1L << 32);
        }));
        corpus.put("extended tar header of #longname", header(h -> {
            h[156] = 'L';
            TarBuilder.octal(h, 124, 12, (1 << 20) + 1);
        }));
        for (String pax :
                new String[] {"6 a=\n", "999 path=x\n", "8 path\n", "path=x\n", "0 =\n", "-3 a=b\n", "6 =a\n"}) {
            corpus.put(
                    "damaged PAX header #" + corpus.size(),
                    new TarBuilder()
                            .entry('x', "p", "", pax.getBytes(StandardCharsets.UTF_8), 0, 0)
                            .file("f", "")
                            .build());
        }
        corpus.put(
                "NUL byte", new TarBuilder().pax("path", "a\0b").file("f", "").build());
        corpus.put(
                "NUL byte #link",
                new TarBuilder().pax("linkpath", "a\0b").symlink("f", "x").build());
        corpus.put(
                "is not a number #pax",
                new TarBuilder().pax("size", "1e9").file("f", "").build());
        corpus.put(
                "is not a number #negative",
                new TarBuilder().pax("size", "-1").file("f", "").build());
        corpus.put(
                "is not a time",
                new TarBuilder().pax("mtime", "soon").file("f", "").build());
        corpus.put(
                "attribute without a valid name",
                new TarBuilder().pax("SCHILY.xattr.", "x").file("f", "").build());
        corpus.put("out of order", sparse("0,5,3,5", 100, 10));
        corpus.put("out of order #beyond", sparse("0,5,98,5", 100, 10));
        corpus.put("out of order #overflow", sparse("9223372036854775807,5,0,5", Long.MAX_VALUE, 10));
        corpus.put("of data, the archive holds", sparse("0,5,50,5", 100, 11));
        corpus.put("sparse map of \"f\" is damaged", sparse("0,5,50", 100, 5));
        return corpus;
    }

    private static byte[] sparse(String map, long realSize, int dataBytes) {
        return new TarBuilder()
                .pax("GNU.sparse.map", map)
                .pax("GNU.sparse.size", Long.toString(realSize))
                .file("f", "x".repeat(dataBytes))
                .build();
    }

    @Test
    void damagedAndContradictoryArchivesAreRefusedByName() {
        refused().forEach((problem, tar) -> {
            String wanted = problem.replaceAll(" #.*", "");
            assertThat(catchThrowable(() -> layer.extract(tar)))
                    .as(problem)
                    .isInstanceOf(TarException.class)
                    .hasMessageContaining(wanted);
            assertThat(layer.isOutsideUntouched()).as(problem).isTrue();
            layer.clear();
        });
    }

    @Test
    void archivesBeyondTheLimitsAreRefused() {
        byte[] large = new TarBuilder().file("f", new byte[100_000]).build();
        assertThatThrownBy(() -> layer.extract(large, 4096, new ExtractionLimits(50_000, 10)))
                .isInstanceOf(HashingFeed.StreamTooLongException.class)
                .hasMessageContaining("more than 50000 bytes");
        layer.clear();
        TarBuilder many = new TarBuilder();
        for (int i = 0; i < 11; i++) {
            many.file("f" + i, "");
        }
        byte[] tar = many.build();
        assertThatThrownBy(() -> layer.extract(tar, 4096, new ExtractionLimits(1 << 20, 10)))
                .isInstanceOf(LayerTooLargeException.class)
                .hasMessageContaining("more than 10 entries");
    }

    @Test
    void aDeviceThatOverlayfsTakesForAWhiteoutIsOne() throws Exception {
        layer.extract(new TarBuilder().character("gone", 0, 0).build());

        assertThat(layer.isWhiteout("gone")).isTrue();
    }

    @Test
    void deepTreesAreMadeAndRemoved() throws Exception {
        TarBuilder tar = new TarBuilder();
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            path.append("d/");
        }
        tar.file(path + "f", "x");
        tar.symlink("again", path.toString());
        tar.file("again/" + path + "f", "x");
        tar.file("d", "all gone");
        byte[] archive = tar.build();
        CompletableFuture<LayerContents> result = new CompletableFuture<>();
        Thread smallStack = new Thread(
                null,
                () -> {
                    try {
                        result.complete(layer.extract(archive));
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                },
                "small-stack",
                192 << 10);
        smallStack.start();
        smallStack.join();
        result.get();

        assertThat(layer.text("d")).isEqualTo("all gone");
    }

    @Test
    void hugeHolesTakeNoSpace() throws Exception {
        LayerContents contents = layer.extract(sparse("0,5,1099511627000,5", 1L << 40, 10));

        assertThat(layer.status("f").size()).isEqualTo(1L << 40);
        assertThat(layer.status("f").blocks()).isLessThan(100);
        assertThat(contents.bytes()).isLessThan(10_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void randomDamageNeverEscapesAndNeverHangs(int seed) {
        Random random = new Random(seed);
        byte[] good = new TarBuilder()
                .directory("d")
                .pax("SCHILY.xattr.user.a", "b")
                .file("d/f", "x".repeat(700))
                .symlink("s", "../../..")
                .hardLink("h", "d/f")
                .pax("GNU.sparse.map", "0,5,50,5")
                .pax("GNU.sparse.size", "100")
                .file("sparse", "0123456789")
                .file("d/.wh.x", "")
                .file("s/etc/passwd", "x")
                .build();
        int refusedCount = 0;
        for (int round = 0; round < 500; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            int start = random.nextInt(bad.length / 512) * 512;
            if (random.nextBoolean()) {
                byte[] header = Arrays.copyOfRange(bad, start, start + 512);
                TarBuilder.finish(header);
                System.arraycopy(header, 0, bad, start, 512);
            }
            try {
                layer.extract(bad);
            } catch (IOException | ErrnoException e) {
                refusedCount++;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        assertThat(layer.isOutsideUntouched()).isTrue();
        assertThat(refusedCount).isPositive();
    }
}
