package io.gantry.cri.check;

import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.config.RuntimeConfig;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.runtime.RuntimeErrors;
import io.gantry.pod.runtime.RuntimeHandler;
import io.gantry.pod.runtime.RuntimeHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether the programs that containers need work here: each is run, handlers with the daemon's own probe. */
final class ProgramRuns {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final GantryConfig config;
    private final HostFacts host;
    private final PackageHint packages;
    private final ProcessRunner runner;
    private final ProgramFiles files;

    ProgramRuns(GantryConfig config, HostFacts host, PackageHint packages, ProcessRunner runner) {
        this.config = config;
        this.host = host;
        this.packages = packages;
        this.runner = runner;
        this.files = new ProgramFiles(config.runtime(), host, packages);
    }

    List<Finding> run() throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        RuntimeConfig runtime = config.runtime();
        Map<String, HandlerConfig> table = runtime.handlerTable(config.state());
        // The default was checked with the configuration, which may have problems that are told elsewhere.
        String defaultHandler = table.containsKey(runtime.defaultHandler()) ? runtime.defaultHandler() : "";
        RuntimeHandlers handlers = RuntimeHandlers.open(table, defaultHandler, host, runner);
        boolean any = false;
        boolean anyThere = false;
        for (Map.Entry<String, HandlerConfig> handler : table.entrySet()) {
            Finding finding = handler(handlers, handler.getKey(), handler.getValue());
            any |= finding.severity() == Finding.Severity.OK;
            anyThere |= host.findProgram(handler.getValue().path()).isPresent();
            findings.add(finding);
        }
        if (!any) {
            findings.add(Finding.missing(
                    "OCI runtime", anyThere ? "none works" : "none is installed", packages.install("runc")));
        }
        findings.add(conmon());
        return findings;
    }

    private Finding handler(RuntimeHandlers handlers, String name, HandlerConfig handlerConfig)
            throws InterruptedException {
        if (host.findProgram(handlerConfig.path()).isEmpty()) {
            return files.missing(name, handlerConfig.path());
        }
        try {
            RuntimeHandler handler = handlers.require(name);
            return Finding.ok(
                    "handler " + name,
                    handler.program() + ", " + handler.version()
                            + can("user namespaces", handler.features().userNamespaces())
                            + can(
                                    "recursive read-only mounts",
                                    handler.features().recursiveReadOnly()));
        } catch (GantryException e) {
            @Nullable String known = e.remedy();
            String remedy = known == null ? "repair it, or set runtime.handlers." + name + ".path" : known;
            return name.equals(config.runtime().defaultHandler())
                    ? Finding.missing(
                            "handler " + name, "it does not work, and it is the default: " + e.problem(), remedy)
                    : Finding.warning(
                            "handler " + name, "it does not work; pods that ask for it fail: " + e.problem(), remedy);
        }
    }

    private static String can(String what, boolean able) {
        return able ? ", " + what : ", no " + what;
    }

    private Finding conmon() throws InterruptedException {
        Optional<Path> program = host.findProgram(config.runtime().conmon());
        if (program.isEmpty()) {
            return files.missingConmon();
        }
        String problem;
        try {
            ProcessResult result =
                    runner.run(Command.of(program.get().toString(), "--version"), Deadline.after(PATIENCE));
            String version = result.stdoutText().lines().findFirst().orElse("").strip();
            if (result.isSuccess() && version.contains("conmon")) {
                return Finding.ok("conmon", program.get() + ", " + version);
            }
            problem = result.isSuccess() ? "it says \"" + version + "\"" : RuntimeErrors.message(result);
        } catch (GantryException e) {
            problem = e.problem();
        }
        return Finding.missing(
                "conmon",
                program.get() + " does not work, so that no container can be started: --version: " + problem,
                packages.install("conmon") + ", or set runtime.conmon");
    }
}
