package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.process.ProcessResult;
import io.gantry.pod.testing.RuntimeBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A container with a CDI device, run by the real runtime. */
@Timeout(120)
class CdiContainerTests {
    private RuntimeBed bed;

    @BeforeEach
    void setUp() throws Exception {
        bed = RuntimeBed.runc();
    }

    @AfterEach
    void tearDown() {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void theContainerHasAllThatTheSpecificationSays() throws Exception {
        Path seen = bed.directories().root().resolve("hook-ran");
        Path hook = bed.directories().file("hook.sh", "#!/bin/sh\necho \"$MARK\" >" + seen + "\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path driver = bed.directories().file("driver/version", "42\n");
        bed.directories().file("cdi/vendor.yaml", """
                cdiVersion: 0.7.0
                kind: vendor.example/gpu
                containerEdits:
                  env: ["GPU_DRIVER=yes"]
                  mounts:
                  - {hostPath: %s, containerPath: /driver, options: [ro, nosuid, rbind]}
                devices:
                - name: "0"
                  containerEdits:
                    additionalGids: [77]
                    deviceNodes:
                    - {path: /dev/gpu0, hostPath: /dev/zero, permissions: rw}
                    hooks:
                    - {hookName: createRuntime, path: %s, env: ["MARK=made", "PATH=/bin:/usr/bin"]}
                """.formatted(driver.getParent(), hook));
        RequestFixture request = bed.request(
                "c1",
                "echo $GPU_DRIVER; cat /driver/version; touch /driver/x || echo read-only; head -c 3 /dev/gpu0 | wc -c; id -G");
        request.cdiDevices = List.of("vendor.example/gpu=0");
        ProcessResult result = bed.run("c1", request);
        assertThat(result.isSuccess()).as(result.stderrText()).isTrue();
        assertThat(result.stdoutText()).isEqualTo("yes\n42\nread-only\n3\n0 77\n");
        assertThat(seen).hasContent("made");
    }
}
