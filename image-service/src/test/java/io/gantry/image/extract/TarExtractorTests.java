package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.testing.TarBuilder;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.testing.Privileges;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarExtractorTests {
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

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 513, 100_000})
    void filesOfAllSizesWhereverTheChunksEnd(int chunk) throws Exception {
        byte[] large = new byte[70_001];
        new Random(1).nextBytes(large);
        byte[] tar = new TarBuilder()
                .directory("bin")
                .mode(0755)
                .file("bin/tool", large)
                .mode(0600)
                .file("empty", "")
                .file("./a/../small", "x")
                .build();

        LayerContents contents = layer.extract(tar, chunk, ExtractionLimits.DEFAULT);

        assertThat(java.nio.file.Files.readAllBytes(layer.root.resolve("bin/tool")))
                .isEqualTo(large);
        assertThat(layer.status("bin/tool").permissions()).isEqualTo(0755);
        assertThat(layer.status("bin/tool").mtimeSeconds()).isEqualTo(1_700_000_000);
        assertThat(layer.text("empty")).isEmpty();
        assertThat(layer.text("small")).isEqualTo("x");
        assertThat(contents.inodes()).isEqualTo(5);
        assertThat(contents.bytes()).isEqualTo(4096 * 2 + 73_728 + 4096);
    }

    @Test
    void ownersModesAndTimesOfEveryKind() throws Exception {
        layer.extract(new TarBuilder()
                .owner(1000, 2000)
                .mode(04755)
                .file("su", "x")
                .mode(01777)
                .directory("tmp")
                .mode(0644)
                .file("tmp/inside", "later than its directory")
                .symlink("link", "su")
                .mode(0660)
                .block("disk", 8, 300)
                .character("null", 1, 3)
                .fifo("pipe")
                .pax("mtime", "1600000000.123456789")
                .file("precise", "")
                .pax("mtime", "-1.5")
                .file("old", "")
                .build());

        FileStatus su = layer.status("su");
        assertThat(su.permissions()).isEqualTo(04755);
        assertThat(su.uid()).isEqualTo(1000);
        assertThat(su.gid()).isEqualTo(2000);
        assertThat(layer.status("tmp").permissions()).isEqualTo(01777);
        assertThat(layer.status("tmp").mtimeSeconds()).isEqualTo(1_700_000_000);
        assertThat(layer.status("link").uid()).isEqualTo(1000);
        assertThat(layer.status("link").mtimeSeconds()).isEqualTo(1_700_000_000);
        assertThat(layer.status("disk").rdevMajor()).isEqualTo(8);
        assertThat(layer.status("disk").rdevMinor()).isEqualTo(300);
        assertThat(layer.status("disk").permissions()).isEqualTo(0660);
        assertThat(layer.status("null").rdevMinor()).isEqualTo(3);
        assertThat(layer.status("pipe").mode()).isEqualTo(0010660);
        assertThat(layer.status("precise").mtimeNanos()).isEqualTo(123_456_789);
        assertThat(layer.status("old").mtimeSeconds()).isEqualTo(-2);
        assertThat(layer.status("old").mtimeNanos()).isEqualTo(500_000_000);
    }

    @Test
    void whiteoutsBecomeWhatOverlayfsKnows() throws Exception {
        LayerContents contents = layer.extract(new TarBuilder()
                .directory("etc")
                .file("etc/.wh.gone", "")
                .directory("opt")
                .file("opt/.wh..wh..opq", "")
                .file("opt/new", "x")
                .file("var/.wh.cache", "")
                .file(".wh..wh.plnk", "aufs")
                .build());

        assertThat(layer.isWhiteout("etc/gone")).isTrue();
        assertThat(layer.isWhiteout("var/cache")).isTrue();
        assertThat(layer.isOpaque("opt")).isTrue();
        assertThat(layer.isOpaque("etc")).isFalse();
        assertThat(layer.text("opt/new")).isEqualTo("x");
        assertThat(layer.exists(".wh..wh.plnk")).isFalse();
        assertThat(contents.impliedDirectories()).containsExactly("var");
        assertThat(contents.opaqueRoot()).isFalse();
    }

    @Test
    void aWhiteoutIsAboutLowerLayersOnly() throws Exception {
        LayerContents contents = layer.extract(new TarBuilder()
                .file("keep", "x")
                .file(".wh.keep", "")
                .file(".wh.dir", "")
                .directory("dir")
                .file("dir/new", "x")
                .directory("dir2")
                .file("dir2/new", "x")
                .file(".wh.dir2", "")
                .file(".wh.again", "")
                .file("again", "back")
                .file(".wh..wh..opq", "")
                .build());

        assertThat(layer.text("keep")).isEqualTo("x");
        assertThat(layer.isOpaque("dir")).isTrue();
        assertThat(layer.text("dir/new")).isEqualTo("x");
        assertThat(layer.isOpaque("dir2")).isTrue();
        assertThat(layer.text("again")).isEqualTo("back");
        assertThat(contents.opaqueRoot()).isTrue();
    }

    @Test
    void laterEntriesReplaceEarlierOnes() throws Exception {
        layer.extract(new TarBuilder()
                .file("a", "file")
                .directory("a")
                .file("a/in", "x")
                .directory("b")
                .file("b/deep/er", "x")
                .file("b", "file now")
                .mode(0700)
                .directory("c")
                .mode(0644)
                .file("c/in", "x")
                .mode(0750)
                .directory("c")
                .mode(0644)
                .symlink("d", "c")
                .file("d", "no link any more")
                .file("e", "1")
                .symlink("e", "d")
                .file("f", "one")
                .hardLink("g", "f")
                .file("f", "two")
                .directory("h/sub")
                .file("h/sub/x", "x")
                .symlink("h", "c")
                .file("h/through", "x")
                .build());

        assertThat(layer.text("a/in")).isEqualTo("x");
        assertThat(layer.text("b")).isEqualTo("file now");
        assertThat(layer.status("c").permissions()).isEqualTo(0750);
        assertThat(layer.text("c/in")).isEqualTo("x");
        assertThat(layer.text("d")).isEqualTo("no link any more");
        assertThat(layer.text("c/in")).isEqualTo("x");
        assertThat(layer.status("e").isSymlink()).isTrue();
        assertThat(layer.text("f")).isEqualTo("two");
        assertThat(layer.text("g")).isEqualTo("one");
        assertThat(layer.text("c/through")).isEqualTo("x");
    }

    @Test
    void hardLinksShareTheFileAndDoNotFollowLinks() throws Exception {
        layer.extract(new TarBuilder()
                .file("dir/a", "x")
                .hardLink("b", "dir/a")
                .hardLink("c", "/dir/a")
                .symlink("s", "dir/a")
                .hardLink("t", "s")
                .hardLink("dir/a", "dir/a")
                .file("over", "old")
                .hardLink("over", "b")
                .build());

        assertThat(layer.status("b").inode()).isEqualTo(layer.status("dir/a").inode());
        assertThat(layer.status("dir/a").links()).isEqualTo(4);
        assertThat(layer.status("t").isSymlink()).isTrue();
        assertThat(layer.text("over")).isEqualTo("x");
    }

    @Test
    void extendedAttributesAreBinaryAndTrustedOnesLeftOut() throws Exception {
        byte[] capability = {1, 0, 0, 2, (byte) 0xFF, (byte) 0x80, 0, 0, 0, 0, 0, 0, '\n', 0, 0, 0, '=', 0, 0, 0};
        capability[4] = 0;
        capability[5] = 4;
        layer.extract(new TarBuilder()
                .owner(7, 7)
                .pax("SCHILY.xattr.security.capability", capability)
                .pax("SCHILY.xattr.user.raw", new byte[] {(byte) 0xFE, '=', '\n', 1})
                .pax("SCHILY.xattr.trusted.overlay.redirect", "/../../etc")
                .file("ping", "x")
                .pax("SCHILY.xattr.trusted.overlay.opaque", "y")
                .pax("SCHILY.xattr.user.note", "dir")
                .directory("dir")
                .build());

        String ping = layer.root + "/ping";
        assertThat(ExtractionFixture.SYSCALLS.lgetxattr(ping, "security.capability"))
                .isEqualTo(capability);
        assertThat(ExtractionFixture.SYSCALLS.lgetxattr(ping, "user.raw"))
                .isEqualTo(new byte[] {(byte) 0xFE, '=', '\n', 1});
        assertThat(ExtractionFixture.SYSCALLS.lgetxattr(ping, "trusted.overlay.redirect"))
                .isNull();
        assertThat(layer.isOpaque("dir")).isFalse();
        assertThat(ExtractionFixture.SYSCALLS.lgetxattr(layer.root + "/dir", "user.note"))
                .isEqualTo("dir".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void longNamesAndNamesThatAreNotText() throws Exception {
        String longName = "d".repeat(90) + "/" + "e".repeat(90) + "/" + "f".repeat(90);
        byte[] latin1 = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        TarBuilder tar = new TarBuilder().file(longName, "pax").symlink("link", longName);
        byte[] gnuName = ("g".repeat(200) + "\0").getBytes(StandardCharsets.UTF_8);
        tar.entry('L', "././@LongLink", "", gnuName, 0, 0).file("cut", "gnu");
        tar.entry('L', "././@LongLink", "", "gnulink\0".getBytes(StandardCharsets.UTF_8), 0, 0)
                .entry('K', "././@LongLink", "", gnuName, 0, 0)
                .symlink("cut", "cut");
        tar.entry('0', latin1, new byte[0], "latin".getBytes(StandardCharsets.UTF_8), 0, 0);
        tar.file("umlaut-\u00fc-\u65e5", "utf8");
        byte[] ustar = tar.header('0', "name".getBytes(StandardCharsets.UTF_8), new byte[0], 0, 0, 0);
        System.arraycopy("pre/fix".getBytes(StandardCharsets.UTF_8), 0, ustar, 345, 7);
        TarBuilder.finish(ustar);
        layer.extract(tar.raw(ustar).build());

        assertThat(layer.text(longName)).isEqualTo("pax");
        assertThat(layer.text("g".repeat(200))).isEqualTo("gnu");
        assertThat(ExtractionFixture.SYSCALLS.readlinkat(-100, layer.root + "/gnulink"))
                .isEqualTo("g".repeat(200));
        assertThat(layer.exists("caf\udce9")).isTrue();
        assertThat(layer.exists("umlaut-\u00fc-\u65e5")).isTrue();
        assertThat(layer.exists("pre/fix/name")).isTrue();
    }

    @Test
    void largeNumbersInBase256() throws Exception {
        TarBuilder tar = new TarBuilder();
        byte[] header = tar.header('0', "big".getBytes(StandardCharsets.UTF_8), new byte[0], 0, 0, 0);
        java.util.Arrays.fill(header, 108, 116, (byte) 0);
        header[108] = (byte) 0x80;
        header[112] = (byte) 0xEE;
        java.util.Arrays.fill(header, 136, 148, (byte) 0xFF);
        header[147] = (byte) 0xF6;
        TarBuilder.finish(header);
        layer.extract(tar.raw(header).build());

        assertThat(layer.status("big").uid()).isEqualTo((int) 0xEE000000L);
        assertThat(layer.status("big").mtimeSeconds()).isEqualTo(-10);
    }

    @Test
    void parentsThatAreLinksStayInsideTheRoot() throws Exception {
        LayerContents contents = layer.extract(new TarBuilder()
                .directory("usr/lib")
                .symlink("lib", "usr/lib")
                .file("lib/libc.so", "x")
                .symlink("abs", "/usr/lib")
                .file("abs/absolute", "x")
                .symlink("dangling", "not/there")
                .file("dangling/made", "x")
                .build());

        assertThat(layer.text("usr/lib/libc.so")).isEqualTo("x");
        assertThat(layer.text("usr/lib/absolute")).isEqualTo("x");
        assertThat(layer.text("not/there/made")).isEqualTo("x");
        assertThat(layer.status("lib").isSymlink()).isTrue();
        assertThat(contents.impliedDirectories()).containsExactly("usr", "not", "not/there");
    }

    @Test
    void bytesAfterTheEndBelongToTheStream() throws Exception {
        TarBuilder tar = new TarBuilder().file("a", "x");
        tar.build();
        byte[] padding = new byte[10_240];
        new Random(3).nextBytes(padding);

        layer.extract(tar.raw(padding).buildOpen());

        assertThat(layer.text("a")).isEqualTo("x");
    }

    @Test
    void anArchiveWithoutEndMarkIsComplete() throws Exception {
        layer.extract(new TarBuilder().file("a", "x").buildOpen());

        assertThat(layer.text("a")).isEqualTo("x");
    }

    @Test
    void attributesOfTheRootAndGlobalHeadersAreIgnored() throws Exception {
        byte[] global = "18 comment=global\n".getBytes(StandardCharsets.UTF_8);
        layer.extract(new TarBuilder()
                .entry('g', "pax_global_header", "", global, 0, 0)
                .mode(0)
                .directory("./")
                .directory("/")
                .build());

        assertThat(layer.status("").permissions()).isEqualTo(0755);
    }
}
