package io.gantry.pod.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.spec.HandlerFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeHandlersTests {
    private static final String FEATURES = """
            {"mountOptions": ["ro", "rro"], "linux": {"mountExtensions": {"idmap": {"enabled": true}}},
             "potentiallyUnsafeConfigAnnotations": ["vendor."]}
            """;

    private final TestDirectories directories = TestDirectories.create();
    private final FakeProcessRunner runner = new FakeProcessRunner();
    private Path bin;

    @BeforeEach
    void makePrograms() {
        bin = directories.dir("bin");
    }

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void crunIsPreferredWhereItWorks() throws Exception {
        program("runc", "runc version 1.1.5+ds1\ncommit: x\n", Reply.ok(FEATURES));
        program("crun", "crun version 1.8.1\n", Reply.failure(1, "unknown command features"));
        RuntimeHandlers handlers = open("", CgroupMode.V2, "runc", "crun");
        assertThat(handlers.defaultHandler().name()).isEqualTo("crun");
        assertThat(handlers.require("").isCrun()).isTrue();
        assertThat(handlers.list())
                .containsExactly(
                        new HandlerInfo("crun", true, true, false), new HandlerInfo("runc", false, true, true));
        assertThat(handlers.problems()).isEmpty();
        assertThat(handlers.require("runc").features().unsafeAnnotations())
                .contains("vendor.", "org.systemd.property.");
        assertThat(handlers.require("runc").version()).isEqualTo("runc version 1.1.5+ds1");
    }

    @Test
    void crunIsPassedOverOnAHostWithControllersOnBothVersions() throws Exception {
        program("runc", "runc version 1.1.5\n", Reply.ok(FEATURES));
        program("crun", "crun version 1.28\n", Reply.ok(FEATURES));
        RuntimeHandlers handlers = open("", CgroupMode.HYBRID, "runc", "crun");
        assertThat(handlers.defaultHandler().name()).isEqualTo("runc");
        assertThat(handlers.problems())
                .containsOnlyKeys("crun")
                .containsEntry(
                        "crun",
                        "use runtime handler crun: crun does not run on a host that has cgroup v1 controllers beside v2 ones"
                                + " (hugetlb in " + directories.root()
                                + "/unified/cgroup.controllers); use runc, or boot the"
                                + " host with cgroup v2 alone");
    }

    @Test
    void configuredDefaultIsNotReplacedByOneThatWorks() throws Exception {
        program("runc", "runc version 1.1.5\n", Reply.ok(FEATURES));
        RuntimeHandlers handlers = open("kata", CgroupMode.V2, "kata", "runc");
        assertThat(failure(() -> handlers.require("")))
                .hasMessage("use runtime handler kata: program kata is not there; install it, or set"
                        + " runtime.handlers.kata.path");
        assertThat(handlers.list()).containsExactly(new HandlerInfo("runc", false, true, true));
    }

    @Test
    void installingTheProgramIsEnough() throws Exception {
        RuntimeHandlers handlers = open("", CgroupMode.V2, "runc");
        assertThat(failure(handlers::defaultHandler).kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(failure(handlers::defaultHandler))
                .hasMessageStartingWith(
                        "choose the default runtime handler: none works on this host [use runtime handler"
                                + " runc: program runc is not there");
        program("runc", "runc version 1.1.5\n", Reply.ok(FEATURES));
        assertThat(handlers.defaultHandler().name()).isEqualTo("runc");
    }

    @Test
    void unknownHandler() throws Exception {
        program("runc", "runc version 1.1.5\n", Reply.ok(FEATURES));
        GantryException error = failure(() -> open("", CgroupMode.V2, "runc").require("gvisor"));
        assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(error)
                .hasMessage("use runtime handler 'gvisor': no such handler; configure it under"
                        + " [runtime.handlers.gvisor]; there are [runc]");
    }

    @Test
    void tableThatCannotBe() {
        assertThat(failure(() -> open("crun", CgroupMode.V2, "runc")))
                .hasMessage("read the table of runtime handlers: the default handler 'crun' is not in it; set"
                        + " runtime.default_handler to one of [runc]");
        assertThat(failure(() -> open("", CgroupMode.V2))).hasMessageContaining("it is empty");
    }

    @Test
    void baseSpecificationMustBeJson() throws Exception {
        program("runc", "runc version 1.1.5\n", Reply.ok(FEATURES));
        Path base = directories.file("base.json", "{");
        RuntimeHandlers handlers = RuntimeHandlers.open(
                Map.of("runc", new HandlerConfig("runc", "/run/runc", base)), "", host(CgroupMode.V2), runner);
        assertThat(failure(() -> handlers.require("runc")))
                .hasMessageStartingWith("use runtime handler runc: its base specification " + base + " is not JSON: ");
        directories.file("base.json", "{\"hooks\": {}}");
        assertThat(handlers.require("runc").baseSpec()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "runc version 1.1.5+ds1, 6291456, true, false",
        "runc version 1.1.15+ds1, 14680064, true, false",
        "runc version 1.2.0, 6291456, true, true",
        "runc version 1.0.3, 6291456, false, false",
        "crun version 1.8.1, 524288, true, false",
        "crun version 1.21, 524288, true, true",
        "something else, 6291456, false, false"
    })
    void versionsTellWhatARuntimeWithoutFeaturesCanDo(String version, long memory, boolean readOnly, boolean idmap) {
        HandlerFeatures features = RuntimeFeatures.ofVersion("x", version);
        assertThat(features.minimumMemory()).isEqualTo(memory);
        assertThat(features.recursiveReadOnly()).isEqualTo(readOnly);
        assertThat(features.userNamespaces()).isEqualTo(idmap);
    }

    private RuntimeHandlers open(String defaultHandler, CgroupMode mode, String... names) {
        Map<String, HandlerConfig> configs = new java.util.HashMap<>();
        for (String name : names) {
            configs.put(name, new HandlerConfig(name, "/run/" + name, null));
        }
        return RuntimeHandlers.open(configs, defaultHandler, host(mode), runner);
    }

    private void program(String name, String version, Reply features) throws IOException {
        Path program = directories.file("bin/" + name, "");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        runner.on(Reply.ok(version), program.toString(), "--version");
        runner.on(features, program.toString(), "features");
    }

    private HostFacts host(CgroupMode mode) {
        Path unified =
                directories.file("unified/cgroup.controllers", "hugetlb\n").getParent();
        return new HostFacts(
                "6.1.0",
                "boot",
                true,
                Set.of(),
                Set.of(),
                mode,
                Map.of(),
                Optional.ofNullable(unified),
                false,
                0,
                true,
                false,
                false,
                true,
                false,
                List.of(bin));
    }

    private static GantryException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        GantryException error = catchThrowableOfType(GantryException.class, call);
        assertThat(error).as("the call fails").isNotNull();
        return error;
    }
}
