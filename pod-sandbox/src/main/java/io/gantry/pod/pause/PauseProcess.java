package io.gantry.pod.pause;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import io.gantry.pod.config.IdMapping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Starts pause processes. The program makes the namespaces, and its starter tells on standard output, in one line of JSON,
 * who it is: {@code {"pid":…,"startTime":…,"notices":[…]}}, or {@code {"step":…,"errno":…,"error":…}}.
 */
public final class PauseProcess {
    private static final Logger log = LoggerFactory.getLogger(PauseProcess.class);

    /** Steps that fail because of what the pod asks for, not because of this host. */
    private static final Set<String> REQUEST_STEPS = Set.of("sysctl", "hostname", "usage");

    private final Path program;

    /** @param program path of gantry-pause */
    public PauseProcess(Path program) {
        this.program = program;
    }

    /**
     * Starts one and returns when its namespaces are there and it waits. It is a child of init then, and outlives the
     * daemon. When this fails, at the deadline and when interrupted, no process is left.
     *
     * @throws GantryException INVALID_ARGUMENT for a sysctl or host name that the kernel refuses; else what the kernel said
     */
    public ProcessIdentity start(PauseSpec spec, ProcessRunner processes, Deadline deadline) throws InterruptedException {
        ProcessResult result = processes.run(Command.of(arguments(spec)), deadline);
        String action = "start pause process of sandbox " + spec.id();
        if (result.timedOut()) {
            throw GantryException.of(ErrorKind.DEADLINE_EXCEEDED, action, "it was not ready in time");
        }
        JsonNode answer = parse(action, result);
        if (!result.isSuccess() || answer.path("pid").asInt(0) <= 0) {
            throw failure(action, answer, result);
        }
        answer.path("notices").forEach(notice -> log.warn("sandbox={} {}", spec.id(), notice.asString("")));
        return new ProcessIdentity(
                answer.path("pid").asInt(0), answer.path("startTime").asLong(0));
    }

    private List<String> arguments(PauseSpec spec) {
        List<String> argv = new ArrayList<>(List.of(
                program.toString(),
                "--net", newOrHost(spec.newNet()),
                "--ipc", newOrHost(spec.newIpc()),
                "--uts", newOrHost(spec.newNet()),
                "--pid", newOrHost(spec.newPid())));
        if (spec.newNet()) {
            argv.addAll(List.of("--hostname", spec.hostname()));
        }
        spec.uids().forEach(mapping -> argv.addAll(List.of("--uid-map", mapping(mapping))));
        spec.gids().forEach(mapping -> argv.addAll(List.of("--gid-map", mapping(mapping))));
        spec.sysctls().forEach((key, value) -> argv.addAll(List.of("--sysctl", key + "=" + value)));
        spec.cgroupProcs().forEach(file -> argv.addAll(List.of("--cgroup-procs", file.toString())));
        argv.addAll(List.of("--oom-score-adj", Integer.toString(spec.oomScoreAdj()), "--id", spec.id()));
        return argv;
    }

    private static String newOrHost(boolean isNew) {
        return isNew ? "new" : "host";
    }

    private static String mapping(IdMapping mapping) {
        return mapping.containerId() + " " + mapping.hostId() + " " + mapping.length();
    }

    private static JsonNode parse(String action, ProcessResult result) {
        try {
            return Json.mapper().readTree(result.stdout());
        } catch (JacksonException e) {
            throw GantryException.of(
                            ErrorKind.INTERNAL,
                            action,
                            "it ended with " + result.status() + " and said: " + result.stdoutText().strip()
                                    + result.stderrText().strip())
                    .causedBy(e);
        }
    }

    private static GantryException failure(String action, JsonNode answer, ProcessResult result) {
        String problem = answer.path("error").asString(result.status().toString());
        if (REQUEST_STEPS.contains(answer.path("step").asString(""))) {
            return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
        }
        int errno = answer.path("errno").asInt(0);
        return GantryException.of(errno == 0 ? ErrorKind.INTERNAL : Errno.kind(errno), action, problem)
                .withRemedy("run 'gantry check'");
    }
}
