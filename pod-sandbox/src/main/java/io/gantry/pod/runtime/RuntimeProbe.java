package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.SysctlFile;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import io.gantry.pod.spec.HandlerFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Finds out whether an OCI runtime works on this host, and what it can do. */
final class RuntimeProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HostFacts host;
    private final ProcessRunner runner;

    RuntimeProbe(HostFacts host, ProcessRunner runner) {
        this.host = host;
        this.runner = runner;
    }

    /**
     * Runs {@code --version} and {@code features} (features.md of the OCI runtime-spec).
     *
     * @throws GantryException FAILED_PRECONDITION when the handler cannot run containers here, with the reason
     */
    RuntimeHandler probe(String name, HandlerConfig config) throws InterruptedException {
        String action = "use runtime handler " + name;
        Path program = host.findProgram(config.path())
                .orElseThrow(() -> unmet(action, "program " + config.path() + " is not there")
                        .withRemedy("install it, or set runtime.handlers." + name + ".path"));
        ProcessResult versionResult = run(program, "--version");
        if (!versionResult.isSuccess()) {
            throw unmet(action, program + " --version failed: " + RuntimeErrors.message(versionResult));
        }
        String version =
                versionResult.stdoutText().lines().findFirst().orElse("").strip();
        if (version.startsWith("crun ")) {
            requireNoSplitControllers(action);
        }
        ObjectNode baseSpec = config.baseSpec() == null ? null : readBaseSpec(action, config.baseSpec());
        HandlerFeatures features = features(name, program, version);
        return new RuntimeHandler(
                name,
                program,
                Path.of(config.root()),
                version,
                hostMapsIds() ? features : features.withoutIdmappedMounts(),
                baseSpec);
    }

    /** Overlayfs takes layers with mapped ids since 5.19; without that no container of a user namespace has a root. */
    private boolean hostMapsIds() {
        return host.kernelAtLeast(5, 19) && maxUserNamespaces() > 0;
    }

    /** user_namespaces(7): zero where an administrator has switched them off. */
    private static long maxUserNamespaces() {
        try {
            return SysctlFile.number(Path.of("/proc/sys/user/max_user_namespaces"));
        } catch (IOException | NumberFormatException _) {
            return 0; // a kernel without them
        }
    }

    private HandlerFeatures features(String name, Path program, String version) throws InterruptedException {
        ProcessResult result = run(program, "features");
        if (!result.isSuccess()) {
            return RuntimeFeatures.ofVersion(name, version);
        }
        try {
            return RuntimeFeatures.parse(name, version, Json.mapper().readTree(result.stdout()));
        } catch (JacksonException e) {
            return RuntimeFeatures.ofVersion(name, version);
        }
    }

    /** crun refuses every container on a host that has controllers on cgroup v1 and on v2. */
    private void requireNoSplitControllers(String action) {
        if (host.cgroupMode() != CgroupMode.HYBRID || host.cgroup2().isEmpty()) {
            return;
        }
        Path file = host.cgroup2().get().resolve("cgroup.controllers");
        String controllers;
        try {
            controllers = Files.readString(file).strip();
        } catch (IOException e) {
            return;
        }
        if (!controllers.isEmpty()) {
            throw unmet(
                            action,
                            "crun does not run on a host that has cgroup v1 controllers beside v2 ones (" + controllers
                                    + " in " + file + ")")
                    .withRemedy("use runc, or boot the host with cgroup v2 alone");
        }
    }

    private static ObjectNode readBaseSpec(String action, Path file) {
        JsonNode json;
        try {
            json = Json.mapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw unmet(action, "cannot read its base specification " + file + ": " + e.getMessage())
                    .causedBy(e);
        } catch (JacksonException e) {
            throw unmet(action, "its base specification " + file + " is not JSON: " + e.getOriginalMessage())
                    .causedBy(e);
        }
        if (!json.isObject()) {
            throw unmet(action, "its base specification " + file + " is not a JSON object");
        }
        return (ObjectNode) json;
    }

    private ProcessResult run(Path program, String argument) throws InterruptedException {
        return runner.run(Command.of(program.toString(), argument), Deadline.after(PATIENCE));
    }

    private static GantryException unmet(String action, @Nullable String problem) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, String.valueOf(problem));
    }
}
