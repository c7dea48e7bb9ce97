package io.gantry.pod.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CdiSpecsTests {
    private static final String ACTION = "create container web";

    @TempDir
    Path temp;

    private Path etc;
    private Path run;
    private CdiSpecs specs;

    @BeforeEach
    void setUp() throws IOException {
        etc = Files.createDirectory(temp.resolve("etc"));
        run = temp.resolve("run");
        specs = new CdiSpecs(List.of(etc, run));
    }

    private static String spec(String kind, String device, String variable) {
        return """
                {"cdiVersion": "0.6.0", "kind": "%s",
                 "containerEdits": {"env": ["ALL=1"]},
                 "devices": [{"name": "%s", "containerEdits": {"env": ["%s"]}}]}
                """.formatted(kind, device, variable);
    }

    private List<String> env(String... names) {
        return specs.resolve(List.of(names), ACTION).stream()
                .flatMap(edits -> edits.env().stream())
                .toList();
    }

    @Test
    void jsonAndYamlAreReadAndWhatAFileSaysForAllCountsOnce() throws Exception {
        Files.writeString(etc.resolve("a.json"), spec("vendor.com/gpu", "0", "GPU=0"));
        Files.writeString(etc.resolve("b.yaml"), """
                cdiVersion: "1.0.0"
                kind: other.org/nic
                annotations: {made: by hand}
                containerEdits:
                  env:
                  - NICS=all
                devices:
                - name: eth0
                  containerEdits:
                    deviceNodes:
                    - path: /dev/nic0
                      hostPath: /dev/null
                      type: c
                      major: 1
                      minor: 3
                      fileMode: 0644
                      permissions: rw
                      uid: 5
                      gid: 6
                    mounts:
                    - hostPath: /srv
                      containerPath: /data
                      options: [ro, rbind]
                    hooks:
                    - hookName: createContainer
                      path: /bin/true
                      args: ["true", "x"]
                      env: [A=b]
                      timeout: 3
                    additionalGids: [7]
                    intelRdt: {closID: gold}
                - name: eth1
                  containerEdits: {env: ["NIC=1"]}
                """);
        Files.writeString(etc.resolve("notes.txt"), "no specification");

        assertThat(env("vendor.com/gpu=0", "other.org/nic=eth1", "other.org/nic=eth0"))
                .containsExactly("ALL=1", "GPU=0", "NICS=all", "NIC=1");
        CdiEdits edits = specs.resolve(List.of("other.org/nic=eth0"), ACTION).getLast();
        assertThat(edits.deviceNodes())
                .containsExactly(new CdiEdits.DeviceNode("/dev/nic0", "/dev/null", "c", 1L, 3L, 0644, "rw", 5L, 6L));
        assertThat(edits.mounts()).containsExactly(new CdiEdits.Mount("/srv", "/data", "", List.of("ro", "rbind")));
        assertThat(edits.hooks())
                .containsExactly(
                        new CdiEdits.Hook("createContainer", "/bin/true", List.of("true", "x"), List.of("A=b"), 3));
        assertThat(edits.additionalGids()).containsExactly(7L);
        assertThat(edits.intelRdt()).isTrue();
    }

    @Test
    void filesThatComeChangeAndGoCountAtOnce() throws Exception {
        assertThat(specs.resolve(List.of(), ACTION)).isEmpty();
        unresolvable("vendor.com/gpu=0");

        Files.createDirectory(run);
        Path file = run.resolve("a.json");
        Files.writeString(file, spec("vendor.com/gpu", "0", "GPU=0"));
        assertThat(env("vendor.com/gpu=0")).contains("GPU=0");

        Path next = temp.resolve("next");
        Files.writeString(next, spec("vendor.com/gpu", "0", "GPU=1"));
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        assertThat(env("vendor.com/gpu=0")).contains("GPU=1");

        Files.delete(file);
        unresolvable("vendor.com/gpu=0");
    }

    @Test
    void theLaterDirectoryWinsAndTwoFilesOfOneAreAConflict() throws Exception {
        Files.createDirectory(run);
        Files.writeString(etc.resolve("a.json"), spec("vendor.com/gpu", "0", "FROM=etc"));
        Files.writeString(run.resolve("a.json"), spec("vendor.com/gpu", "0", "FROM=run"));
        assertThat(env("vendor.com/gpu=0")).containsExactly("ALL=1", "FROM=run");

        Files.writeString(run.resolve("b.json"), spec("vendor.com/gpu", "0", "FROM=run"));
        assertThatThrownBy(() -> env("vendor.com/gpu=0"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessage(ACTION + ": CDI device vendor.com/gpu=0 is in conflict: both " + run.resolve("a.json")
                        + " and " + run.resolve("b.json") + " describe it; remove one of the two files");
    }

    @Test
    void aBrokenFileHidesNothingButItself() throws Exception {
        Files.writeString(etc.resolve("good.json"), spec("vendor.com/gpu", "0", "GPU=0"));
        Files.writeString(etc.resolve("bad.json"), "{");
        Files.writeString(etc.resolve("bad.yaml"), "a: [");
        assertThat(env("vendor.com/gpu=0")).contains("GPU=0");
        assertThatThrownBy(() -> env("vendor.com/gpu=1"))
                .hasMessageContaining("CDI device vendor.com/gpu=1 is unresolvable")
                .hasMessageContaining(etc.resolve("bad.json") + " is not used: it is not JSON")
                .hasMessageContaining(etc.resolve("bad.yaml") + " is not used: it is not YAML");
    }

    private void unresolvable(String name) {
        assertThatThrownBy(() -> env(name))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining("CDI device " + name + " is unresolvable: no specification in [" + etc + ", "
                        + run + "] describes it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | it is not an object",
                "{\"cdiVersion\":\"0.2.0\",\"kind\":\"v.com/c\"} | cdiVersion \"0.2.0\" is not supported; 0.3.0 to 1.0.0 are",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"c\"} | kind \"c\" is not of the form vendor.com/class",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"extra\":1} | extra is not a key that is known here",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"devices\":{}} | devices is not a list",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"devices\":[{\"name\":\"-\"}]} | devices[0].name is not a device name: \"-\"",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"devices\":[{\"name\":\"a\"}]} | devices[0].containerEdits is empty",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"env\":[\"A\"]}} | containerEdits.env has \"A\", which is not NAME=value",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"env\":[1]}} | containerEdits.env is not a list of strings",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"x\"}]}} | containerEdits.deviceNodes[0].path is not an absolute path: \"x\"",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/x\",\"type\":\"z\"}]}} | containerEdits.deviceNodes[0].type is not b, c, u or p: \"z\"",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/x\",\"major\":-1}]}} | containerEdits.deviceNodes[0].major is not a whole number from 0 to 4294967295",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/x\",\"permissions\":\"x\"}]}} | containerEdits.deviceNodes[0].permissions is not made of r, w and m: \"x\"",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"mounts\":[{\"containerPath\":\"/x\"}]}} | containerEdits.mounts[0].hostPath is missing",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"hooks\":[{\"hookName\":\"x\",\"path\":\"/x\"}]}} | containerEdits.hooks[0].hookName is not a hook of OCI: \"x\"",
                "{\"cdiVersion\":\"0.5.0\",\"kind\":\"v.com/c\",\"containerEdits\":{\"additionalGids\":[-1]}} | containerEdits.additionalGids is not a list of group ids"
            })
    void badFiles(String text, String problem) throws Exception {
        Path file = temp.resolve("bad.json");
        Files.writeString(file, text);
        assertThatThrownBy(() -> SpecReader.read(file))
                .isInstanceOf(InvalidSpecException.class)
                .hasMessage(problem);
    }

    @ParameterizedTest
    @CsvSource({
        "vendor.com/class=name, true",
        "v/c=0, true",
        "vendor-1.com/my_class-2=a.b:c_d-e, true",
        "vendor.com/class=, false",
        "vendor.com/class, false",
        "vendor.com=name, false",
        "/class=name, false",
        "vendor.com/class=-a, false",
        "vendor.com/class=a/b, false",
        "1vendor/class=a, false",
        "vendor./class=a, false"
    })
    void names(String text, boolean valid) {
        assertThat(CdiName.parse(text).isPresent()).isEqualTo(valid);
        CdiName.parse(text).ifPresent(name -> assertThat(name).hasToString(text));
    }
}
