package io.gantry.pod.pause;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.pod.config.IdMapping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command line of {@code gantry-pause} for a spec. Every option has one value. */
final class PauseCommand {
    private static final int ANSWER_LIMIT = 16 * 1024;

    private PauseCommand() {}

    /** @throws GantryException INVALID_ARGUMENT for values that no command line can carry as they are */
    static Command of(Path program, PauseSpec spec, String action) {
        List<String> argv = new ArrayList<>();
        argv.add(program.toString());
        add(argv, "--net", newOrHost(spec.newNetwork()));
        add(argv, "--ipc", newOrHost(spec.newIpc()));
        add(argv, "--uts", newOrHost(spec.newUts()));
        add(argv, "--pid", newOrHost(spec.newPid()));
        spec.uids().forEach(mapping -> add(argv, "--uid-map", line(mapping)));
        spec.gids().forEach(mapping -> add(argv, "--gid-map", line(mapping)));
        if (spec.hostname() != null) {
            add(argv, "--hostname", checked(spec.hostname(), "hostname", action));
        }
        for (Map.Entry<String, String> sysctl : spec.sysctls().entrySet()) {
            if (sysctl.getKey().contains("=")) {
                throw invalid(action, "set sysctl " + sysctl.getKey() + ": not a well-formed key");
            }
            String assignment = sysctl.getKey() + "=" + sysctl.getValue();
            add(argv, "--sysctl", checked(assignment, "sysctl " + sysctl.getKey(), action));
        }
        spec.cgroupProcs().forEach(file -> add(argv, "--cgroup-procs", file.toString()));
        if (spec.oomScoreAdj() != null) {
            add(argv, "--oom-score-adj", spec.oomScoreAdj().toString());
        }
        add(argv, "--id", checked(spec.label(), "name of the pod", action));
        return Command.of(argv)
                .withEnvironment(Map.of())
                .withStdout(new Command.Stdio.Capture(ANSWER_LIMIT))
                .withStderr(new Command.Stdio.Capture(ANSWER_LIMIT));
    }

    private static void add(List<String> argv, String option, String value) {
        argv.add(option);
        argv.add(value);
    }

    private static String newOrHost(boolean isNew) {
        return isNew ? "new" : "host";
    }

    private static String line(IdMapping mapping) {
        return mapping.containerId() + " " + mapping.hostId() + " " + mapping.length();
    }

    private static String checked(String value, String what, String action) {
        if (value.indexOf('\0') >= 0) {
            throw invalid(action, "set " + what.replace("\0", "\\0") + ": it holds a NUL character");
        }
        return value;
    }

    private static GantryException invalid(String action, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
    }
}
