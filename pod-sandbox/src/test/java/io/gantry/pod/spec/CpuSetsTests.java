package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuSetsTests {
    @TempDir
    Path devices;

    @BeforeEach
    void aNodeWithAGap() throws IOException {
        Files.createDirectory(devices.resolve("cpu"));
        Files.writeString(devices.resolve("cpu/online"), "0-3,8-11\n");
        Files.createDirectory(devices.resolve("node"));
        Files.writeString(devices.resolve("node/online"), "0\n");
    }

    private @Nullable GantryException require(String cpus, String memory) {
        LinuxResources limits = new LinuxResources(0, 0, 0, 0, 0, cpus, memory, List.of(), Map.of(), 0);
        return catchThrowableOfType(
                GantryException.class, () -> new CpuSets(devices).require(limits, "create container web"));
    }

    private void refused(ErrorKind kind, String problem, String cpus, String memory) {
        GantryException error = require(cpus, memory);
        assertThat(error).isNotNull().hasMessage("create container web: " + problem);
        assertThat(error.kind()).isEqualTo(kind);
    }

    @Test
    void whatTheNodeHasIsTaken() {
        assertThat(require("", "")).isNull();
        assertThat(require("0-3", "0")).isNull();
        assertThat(require("1,3,8-9,11", "")).isNull();
    }

    @Test
    void whatTheNodeDoesNotHaveIsNamed() {
        String remedy = "; name others, or run the pod on another node";
        refused(
                ErrorKind.FAILED_PRECONDITION,
                "cpuset cpus '9999' has numbers that this node does not have: it has 0-3,8-11" + remedy,
                "9999",
                "");
        refused(
                ErrorKind.FAILED_PRECONDITION,
                "cpuset cpus '2-8' has numbers that this node does not have: it has 0-3,8-11" + remedy,
                "2-8",
                "");
        refused(
                ErrorKind.FAILED_PRECONDITION,
                "cpuset mems '0-1' has numbers that this node does not have: it has 0" + remedy,
                "",
                "0-1");
    }

    @Test
    void whatIsNoListIsRefused() {
        refused(ErrorKind.INVALID_ARGUMENT, "cpuset cpus '3-1' is not a list such as 0-3,7", "3-1", "");
        refused(ErrorKind.INVALID_ARGUMENT, "cpuset cpus '0,' is not a list such as 0-3,7", "0,", "");
        String long1 = "9".repeat(30);
        refused(ErrorKind.INVALID_ARGUMENT, "cpuset cpus '" + long1 + "' is not a list such as 0-3,7", long1, "");
    }

    @Test
    void aNodeThatDoesNotTellTakesAll() throws IOException {
        Files.delete(devices.resolve("node/online"));
        assertThat(require("", "7")).isNull();
    }
}
