package io.gantry.pod.container;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.spec.CpuSets;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a container asks for against what its pod and this node are, before anything of it is made. */
final class CreationChecks {
    private final ContainerParts parts;
    private final PodSandbox sandbox;
    private final ContainerConfig config;
    private final String action;

    CreationChecks(ContainerParts parts, PodSandbox sandbox, ContainerConfig config) {
        this.parts = parts;
        this.sandbox = sandbox;
        this.config = config;
        this.action = "create container " + config.metadata().name();
    }

    /**
     * Refuses what cannot work.
     *
     * @throws GantryException INVALID_ARGUMENT, FAILED_PRECONDITION or, for a runtime handler that is not there, NOT_FOUND
     */
    void require() throws InterruptedException {
        requirePrivilegedPod();
        requireImagesHandler();
        requireLogFile();
        new CpuSets().require(config.resources(), action);
    }

    /** api.proto: a sandbox in which a privileged container runs must say so. */
    private void requirePrivilegedPod() {
        if (config.security().privileged() && !sandbox.config().security().privileged()) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "it is privileged, but pod sandbox " + sandbox.id()
                                    + " was not made for privileged containers")
                    .withRemedy("set linux.security_context.privileged of the sandbox");
        }
    }

    /** One store of images serves all handlers, but one that is not there is not meant to be ignored (api.proto). */
    private void requireImagesHandler() throws InterruptedException {
        if (!config.image().runtimeHandler().isEmpty()) {
            var unused = parts.runtimes().of(config.image().runtimeHandler());
        }
    }

    private void requireLogFile() {
        if (config.logPath().isEmpty() || sandbox.config().logDirectory().isEmpty()) {
            return;
        }
        Path directory = Path.of(sandbox.config().logDirectory()).normalize();
        Path log = directory.resolve(config.logPath()).normalize();
        if (log.equals(directory)) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT, action, "log path \"" + config.logPath() + "\" names no file");
        }
        if (Files.isDirectory(log)) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "log file " + log + " is a directory")
                    .withRemedy("remove it, or give the container another log path");
        }
    }
}
