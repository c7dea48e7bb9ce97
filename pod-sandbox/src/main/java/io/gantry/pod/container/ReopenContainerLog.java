package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.state.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes conmon reopen a container's log after the kubelet has renamed it. */
final class ReopenContainerLog {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ContainerParts parts;

    ReopenContainerLog(ContainerParts parts) {
        this.parts = parts;
    }

    void execute(Container container) throws InterruptedException {
        String action = "reopen log of container " + container.id();
        if (!container.status().isRunning()) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "the container is not running");
        }
        if (container.logPath().isEmpty()) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "the container has no log");
        }
        Path log = Path.of(container.logPath());
        Object before = fileKey(log);
        parts.control().reopenLog(container.id(), parts.state().paths().bundle(container.id()));
        Deadline deadline = Deadline.after(PATIENCE);
        while (Objects.equals(before, fileKey(log)) || !Files.exists(log)) {
            if (deadline.isExpired()) {
                throw GantryException.of(
                        ErrorKind.DEADLINE_EXCEEDED, action, "conmon did not reopen " + log + " in time");
            }
            Thread.sleep(1);
        }
    }

    private static @Nullable Object fileKey(Path file) {
        try {
            return Files.getAttribute(file, "unix:ino");
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "look at log " + file, e.toString())
                    .causedBy(e);
        }
    }
}
