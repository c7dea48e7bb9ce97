package io.gantry.image.credential;

import io.gantry.image.registry.RegistryCredentials;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The programs {@code docker-credential-NAME}, asked with {@code get}.
 *
 * @see <a href="https://github.com/docker/docker-credential-helpers#development">their protocol</a>
 */
final class CredentialHelper {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}");
    private static final String IDENTITY_TOKEN_USER = "<token>";
    private static final String NOT_FOUND = "credentials not found";

    private final ProcessRunner processes;

    CredentialHelper(ProcessRunner processes) {
        this.processes = processes;
    }

    /**
     * @param server as the helper knows it: a host, or a URL for Docker Hub
     * @return empty when the helper has nothing for it
     */
    Optional<RegistryCredentials> get(String helper, String server) throws InterruptedException {
        String action = "ask docker-credential-" + helper + " for " + server;
        if (!NAME.matcher(helper).matches()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION, "ask a credential helper for " + server, "its name is not valid");
        }
        // Helpers look for their own configuration and for a session bus by the environment.
        Map<String, String> environment = new HashMap<>(System.getenv());
        Command command = Command.of("docker-credential-" + helper, "get")
                .withEnvironment(environment)
                .withStdin(new Command.Stdio.Bytes(server.getBytes(StandardCharsets.UTF_8)));
        ProcessResult result = run(command, action);
        if (!result.isSuccess()) {
            String said = (result.stdoutText() + result.stderrText()).strip();
            if (said.contains(NOT_FOUND)) {
                return Optional.empty();
            }
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    result.timedOut()
                            ? "it did not answer in " + TIMEOUT.toSeconds() + " s"
                            : "it failed: " + said.substring(0, Math.min(200, said.length())));
        }
        try {
            JsonNode answer = Json.mapper().readTree(result.stdout());
            String user = answer.path("Username").asString("");
            String secret = answer.path("Secret").asString("");
            return Optional.of(
                    user.equals(IDENTITY_TOKEN_USER)
                            ? new RegistryCredentials("", "", "", "", secret, "")
                            : RegistryCredentials.ofPassword(user, secret));
        } catch (JacksonException _) {
            // Without the cause: it may quote the secret.
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "its answer is not valid JSON");
        }
    }

    private ProcessResult run(Command command, String action) throws InterruptedException {
        try {
            return processes.run(command, Deadline.after(TIMEOUT));
        } catch (GantryException e) {
            if (e.kind() != ErrorKind.NOT_FOUND && e.kind() != ErrorKind.PERMISSION_DENIED) {
                throw e;
            }
            // Not the image is missing, nor is it forbidden, but a part of this node cannot be used.
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, e.action() + ": " + e.problem())
                    .withRemedy("install the helper, or take it out of Docker's config.json")
                    .causedBy(e);
        }
    }
}
