package io.gantry.cni.plugin;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Runs one plugin program for one verb. The plugin gets the configuration on standard input, {@code CNI_*},
 * {@code PATH} and the owner's mark as its whole environment, its own session and process group, and no descriptor of the daemon. At its
 * timeout, or when the calling thread is interrupted, the whole group is killed.
 *
 * @see <a href="https://www.cni.dev/docs/spec/#section-2-execution-protocol">CNI specification, section 2</a>
 */
public final class CniPluginRunner {
    private static final Logger log = LoggerFactory.getLogger(CniPluginRunner.class);
    private static final int MAX_STDOUT = 1 << 20;
    private static final int MAX_STDERR = 64 << 10;
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final PluginPath path;
    private final ProcessRunner processes;
    private final Path owner;
    private final Set<PluginRun> running = ConcurrentHashMap.newKeySet();

    /** @param owner a directory that no other daemon has: marks the plugins, for {@link OrphanedPlugins} */
    public CniPluginRunner(PluginPath path, ProcessRunner processes, Path owner) {
        this.path = path;
        this.processes = processes;
        this.owner = owner;
    }

    /** Where plugins are looked for. */
    public PluginPath path() {
        return path;
    }

    /** The plugins that run now, in no order; never waits. */
    public List<PluginRun> running() {
        return List.copyOf(running);
    }

    /**
     * Runs ADD.
     *
     * @param version the version the configuration is in, assumed when the answer does not say
     * @throws GantryException as {@link #run}, and INTERNAL when the plugin succeeded without printing a result
     */
    public CniResult add(CniInvocation invocation, CniVersion version) throws InterruptedException {
        JsonNode answer = requireJson(invocation, execute(invocation));
        try {
            return CniResultReader.read(answer, version);
        } catch (MalformedResult e) {
            throw GantryException.of(
                            ErrorKind.INTERNAL,
                            invocation.action(),
                            "plugin " + invocation.plugin() + " answered " + invocation.verb()
                                    + " with what is not a result: " + e.getMessage())
                    .causedBy(e);
        }
    }

    /**
     * Runs a verb whose answer does not matter as long as it is success.
     *
     * @throws GantryException FAILED_PRECONDITION when the program is missing or refuses the configuration, UNAVAILABLE when
     *     it asks to try again or says it is not available, DEADLINE_EXCEEDED when it was killed at its timeout, INTERNAL for
     *     other failures. What the plugin did before it failed stays done.
     * @throws InterruptedException when the calling thread was interrupted; the plugin was killed
     */
    public void run(CniInvocation invocation) throws InterruptedException {
        execute(invocation);
    }

    /** Runs a verb that answers with JSON, VERSION for one; errors as {@link #run}. */
    JsonNode query(CniInvocation invocation) throws InterruptedException {
        return requireJson(invocation, execute(invocation));
    }

    private ProcessResult execute(CniInvocation invocation) throws InterruptedException {
        Path program = path.require(invocation.plugin(), invocation.action());
        Command command = Command.of(program.toString())
                .withEnvironment(environment(invocation.verb(), invocation.target()))
                .withStdin(new Stdio.Bytes(Json.mapper().writeValueAsBytes(invocation.config())))
                .withStdout(new Stdio.Capture(MAX_STDOUT))
                .withStderr(new Stdio.Capture(MAX_STDERR));
        long started = System.nanoTime();
        ProcessResult result = run(command, invocation);
        if (log.isDebugEnabled()) {
            log.debug(
                    "cni plugin ran: plugin={} verb={} took_ms={} outcome=\"{}\" stderr=\"{}\"",
                    invocation.plugin(),
                    invocation.verb(),
                    (System.nanoTime() - started) / 1_000_000,
                    result.timedOut() ? "killed at its timeout" : result.status(),
                    PluginOutput.clip(result.stderr()));
        }
        if (result.timedOut()) {
            throw timedOut(invocation, result);
        }
        if (!result.status().isSuccess()) {
            throw failed(invocation, result);
        }
        return result;
    }

    private ProcessResult run(Command command, CniInvocation invocation) throws InterruptedException {
        Deadline deadline = Deadline.after(invocation.timeout());
        CniTarget target = invocation.target();
        PluginRun run = new PluginRun(
                invocation.verb(),
                invocation.plugin(),
                target == null ? "" : target.containerId(),
                invocation.action(),
                System.nanoTime(),
                deadline);
        running.add(run);
        try {
            return processes.run(command, deadline);
        } catch (GantryException e) {
            // A program that is there and yet not found lacks its interpreter or loader: the node's fault, not the
            // caller's.
            ErrorKind kind = e.kind() == ErrorKind.NOT_FOUND ? ErrorKind.FAILED_PRECONDITION : e.kind();
            throw GantryException.of(
                            kind,
                            invocation.action(),
                            "plugin " + command.argv().getFirst() + " cannot be run: " + e.problem())
                    .causedBy(e);
        } finally {
            running.remove(run);
        }
    }

    private Map<String, String> environment(CniVerb verb, @Nullable CniTarget target) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", System.getenv().getOrDefault("PATH", DEFAULT_PATH));
        environment.put(OrphanedPlugins.MARK, owner.toString());
        environment.put("CNI_COMMAND", verb.name());
        environment.put("CNI_PATH", path.environmentValue());
        if (target != null) {
            environment.put("CNI_CONTAINERID", target.containerId());
            environment.put("CNI_NETNS", target.netns());
            environment.put("CNI_IFNAME", target.interfaceName());
            environment.put("CNI_ARGS", target.args());
        }
        return environment;
    }

    private static JsonNode requireJson(CniInvocation invocation, ProcessResult result) {
        String problem;
        if (result.truncated() && result.stdout().length >= MAX_STDOUT) {
            problem = "printed more than " + MAX_STDOUT + " bytes";
        } else if (result.stdoutText().isBlank()) {
            problem = "succeeded but printed nothing";
        } else {
            Optional<JsonNode> json = parse(result.stdout());
            if (json.isPresent()) {
                return json.get();
            }
            problem = "printed what is not JSON: " + PluginOutput.clip(result.stdout());
        }
        throw GantryException.of(
                        ErrorKind.INTERNAL,
                        invocation.action(),
                        "plugin " + invocation.plugin() + " " + problem + " on " + invocation.verb())
                .withRemedy("the plugin breaks the CNI specification; update it");
    }

    private static Optional<JsonNode> parse(byte[] output) {
        try {
            return Optional.of(Json.mapper().readTree(output)).filter(node -> !node.isMissingNode());
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static GantryException timedOut(CniInvocation invocation, ProcessResult result) {
        String said = PluginOutput.clip(result.stderr());
        return GantryException.of(
                ErrorKind.DEADLINE_EXCEEDED,
                invocation.action(),
                "plugin " + invocation.plugin() + " did not finish " + invocation.verb() + " within "
                        + invocation.timeout().toMillis() + " ms and was killed"
                        + (said.isEmpty() ? "" : "; it had printed: " + said));
    }

    private static GantryException failed(CniInvocation invocation, ProcessResult result) {
        Optional<CniError> error = parse(result.stdout()).flatMap(CniError::read);
        String what = "plugin " + invocation.plugin() + " failed on " + invocation.verb() + ": ";
        if (error.isPresent()) {
            return GantryException.of(error.get().kind(), invocation.action(), what + error.get())
                    .withRemedy(error.get().remedy());
        }
        String out = PluginOutput.clip(result.stdout());
        String err = PluginOutput.clip(result.stderr());
        String said = out.isEmpty() && err.isEmpty()
                ? " and printed nothing"
                : " without an error structure" + (out.isEmpty() ? "" : "; stdout: " + out)
                        + (err.isEmpty() ? "" : "; stderr: " + err);
        return GantryException.of(ErrorKind.INTERNAL, invocation.action(), what + result.status() + said);
    }

    /** For messages that name several programs. */
    public List<String> missing(List<String> plugins) {
        return plugins.stream().distinct().filter(p -> path.find(p).isEmpty()).toList();
    }
}
