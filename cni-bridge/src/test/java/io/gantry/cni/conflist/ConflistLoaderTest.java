package io.gantry.cni.conflist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConflistLoaderTest {
    @TempDir
    Path dir;

    @Test
    void takesTheFirstByNameWhateverTheKindOfFile() throws IOException {
        write("30-list.conflist", list("third", "bridge"));
        write("20-single.conf", "{\"cniVersion\":\"0.4.0\",\"name\":\"second\",\"type\":\"ptp\"}");
        write("10-single.json", "{\"cniVersion\":\"0.3.1\",\"name\":\"first\",\"type\":\"macvlan\"}");
        write("00-readme.txt", "not a configuration");

        assertThat(nameOfActive()).isEqualTo("first");
        Files.delete(dir.resolve("10-single.json"));
        assertThat(nameOfActive()).isEqualTo("second");
        Files.delete(dir.resolve("20-single.conf"));
        assertThat(nameOfActive()).isEqualTo("third");
    }

    @Test
    void passesOverInvalidFilesAndSaysWhy() throws IOException {
        write("05-empty.conflist", "");
        Files.createSymbolicLink(dir.resolve("06-link.conflist"), dir.resolve("nowhere"));
        Files.createDirectory(dir.resolve("07-dir.conflist"));
        write("08-large.conflist", " ".repeat((1 << 20) + 1));
        write("10-pods.conflist", list("pods", "bridge"));
        write("20-also-bad.conflist", "{");

        ConflistSnapshot snapshot = ConflistLoader.load(dir);

        assertThat(snapshot.network()).map(CniConflist::name).contains("pods");
        assertThat(snapshot.problem())
                .isEqualTo(dir.resolve("05-empty.conflist") + ": it is empty; "
                        + dir.resolve("06-link.conflist")
                        + ": it cannot be read: no such file (a dangling link?); "
                        + dir.resolve("08-large.conflist") + ": it is larger than 1048576 bytes");
    }

    @Test
    void takesALoopbackConfigurationOnlyWhenThereIsNoOther() throws IOException {
        write("00-loopback.conf", "{\"cniVersion\":\"1.0.0\",\"name\":\"lo\",\"type\":\"loopback\"}");
        assertThat(nameOfActive()).isEqualTo("lo");
        write("10-pods.conflist", list("pods", "bridge"));
        assertThat(nameOfActive()).isEqualTo("pods");
    }

    @Test
    void saysThatThereIsNothing() {
        assertThat(ConflistLoader.load(dir).problem())
                .isEqualTo("no network configuration (*.conflist, *.conf, *.json) in " + dir);
        assertThat(ConflistLoader.load(dir.resolve("missing")).problem())
                .isEqualTo("network configuration directory " + dir.resolve("missing") + " does not exist");
    }

    @Test
    void saysThatTheDirectoryIsNone() throws IOException {
        write("file", "");

        assertThat(ConflistLoader.load(dir.resolve("file")).problem())
                .isEqualTo(
                        "network configuration directory " + dir.resolve("file") + " cannot be read: not a directory");
    }

    @Test
    void appendsThePluginsOfTheNetworksDirectory() throws IOException {
        write("10-pods.conflist", list("pods", "bridge"));
        Files.createDirectory(dir.resolve("pods"));
        write("pods/20-tuning.conf", "{\"type\":\"tuning\"}");
        write("pods/10-portmap.conf", "{\"type\":\"portmap\"}");
        write("pods/readme", "");

        assertThat(ConflistLoader.load(dir).network().orElseThrow().plugins())
                .extracting(PluginConfig::type)
                .containsExactly("bridge", "portmap", "tuning");

        write(
                "10-pods.conflist",
                "{\"cniVersion\":\"1.1.0\",\"name\":\"pods\",\"loadOnlyInlinedPlugins\":true,"
                        + "\"plugins\":[{\"type\":\"bridge\"}]}");
        assertThat(ConflistLoader.load(dir).network().orElseThrow().plugins())
                .extracting(PluginConfig::type)
                .containsExactly("bridge");
    }

    @Test
    void refusesAListWithAnInvalidAddition() throws IOException {
        write("10-pods.conflist", list("pods", "bridge"));
        Files.createDirectory(dir.resolve("pods"));
        write("pods/10-x.conf", "{}");

        assertThat(ConflistLoader.load(dir).problem())
                .isEqualTo(dir.resolve("10-pods.conflist") + ": its plugin file " + dir.resolve("pods/10-x.conf")
                        + " is invalid: the plugin has no \"type\"");
    }

    @Test
    void fingerprintChangesWithEveryFile() throws IOException {
        List<String> empty = ConflistLoader.fingerprint(dir);
        write("10-pods.conflist", list("pods", "bridge"));
        List<String> one = ConflistLoader.fingerprint(dir);
        Files.createDirectory(dir.resolve("pods"));
        write("pods/10-x.conf", "{}");
        List<String> nested = ConflistLoader.fingerprint(dir);

        assertThat(one).isNotEqualTo(empty).isEqualTo(one);
        assertThat(nested).isNotEqualTo(one).isEqualTo(ConflistLoader.fingerprint(dir));
    }

    private String nameOfActive() {
        return ConflistLoader.load(dir).network().orElseThrow().name();
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(dir.resolve(name), content);
    }

    static String list(String name, String plugin) {
        return "{\"cniVersion\":\"1.0.0\",\"name\":\"" + name + "\",\"plugins\":[{\"type\":\"" + plugin + "\"}]}";
    }
}
