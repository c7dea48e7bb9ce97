package io.gantry.image.trust;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Programs that judge images before they are pulled, in the form that containerd's image verifiers have: each file of a
 * directory is run with {@code -name}, {@code -digest} and {@code -stdin-media-type}, gets the descriptor as JSON on
 * standard input, and lets the image in by exit code 0; what it prints is the reason. All must agree.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/image-verification.md">containerd, image verification</a>
 */
public final class VerifierPrograms {
    private static final String DESCRIPTOR = "application/vnd.oci.descriptor.v1+json";
    private static final int MAX_REASON = 1000;
    private static final Logger log = LoggerFactory.getLogger(VerifierPrograms.class);

    private final @Nullable Path directory;
    private final Duration timeout;
    private final ProcessRunner processes;

    /**
     * @param directory null, missing or empty: nobody is asked
     * @param timeout of each program; one that is not ready by then refuses
     */
    public VerifierPrograms(@Nullable Path directory, Duration timeout, ProcessRunner processes) {
        this.directory = directory;
        this.timeout = timeout;
        this.processes = processes;
    }

    /** Why a program refuses an image; empty when all let it in. */
    Optional<String> refusal(ImageReference reference, Descriptor resolved) throws InterruptedException {
        if (directory == null) {
            return Optional.empty();
        }
        List<Path> programs;
        try (Stream<Path> files = Files.list(directory)) {
            programs = files.filter(Files::isRegularFile).sorted().toList();
        } catch (java.nio.file.NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("the directory of verifier programs cannot be read: " + e);
        }
        for (Path program : programs) {
            Optional<String> refusal = ask(program, reference, resolved);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    private Optional<String> ask(Path program, ImageReference reference, Descriptor resolved)
            throws InterruptedException {
        Map<String, Object> descriptor = new LinkedHashMap<>();
        descriptor.put("mediaType", resolved.mediaType());
        descriptor.put("digest", resolved.digest().toString());
        descriptor.put("size", resolved.size());
        Command command = Command.of(List.of(
                        program.toString(),
                        "-name",
                        reference.canonical(),
                        "-digest",
                        resolved.digest().toString(),
                        "-stdin-media-type",
                        DESCRIPTOR))
                .withStdin(new Command.Stdio.Bytes(Json.mapper().writeValueAsBytes(descriptor)));
        String name = "verifier " + program.getFileName();
        try {
            ProcessResult result = processes.run(command, Deadline.after(timeout));
            log.debug("verifier: program={} image={} status={}", program, reference, result.status());
            if (result.isSuccess()) {
                return Optional.empty();
            }
            if (result.timedOut()) {
                return Optional.of(name + " did not answer in " + timeout.toSeconds() + " s");
            }
            String reason = result.stdoutText().strip();
            return Optional.of(name + " refused it: " + (reason.isEmpty() ? "no reason given" : shown(reason)));
        } catch (GantryException e) {
            return Optional.of(name + " cannot be run: " + e.problem());
        }
    }

    private static String shown(String reason) {
        String printable = reason.replaceAll("[\\p{Cntrl}]", " ");
        return printable.length() > MAX_REASON ? printable.substring(0, MAX_REASON) + "…" : printable;
    }
}
