package io.gantry.cri.check;

import io.gantry.cri.config.RuntimeConfig;
import io.gantry.cri.config.RuntimeHandlerConfig;
import io.gantry.platform.linux.HostFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether the programs are there that containers need; {@link ProgramRuns} tells whether they work. */
final class ProgramFiles {
    private final RuntimeConfig config;
    private final HostFacts host;
    private final PackageHint packages;

    ProgramFiles(RuntimeConfig config, HostFacts host, PackageHint packages) {
        this.config = config;
        this.host = host;
        this.packages = packages;
    }

    List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        boolean any = false;
        for (Map.Entry<String, RuntimeHandlerConfig> handler : config.handlers().entrySet()) {
            Optional<Path> program = host.findProgram(handler.getValue().path());
            if (program.isPresent()) {
                any = true;
                findings.add(
                        Finding.ok("handler " + handler.getKey(), program.get().toString()));
            } else {
                findings.add(missing(handler.getKey(), handler.getValue().path()));
            }
        }
        if (!any) {
            findings.add(Finding.missing("OCI runtime", "none is installed", packages.install("runc")));
        }
        findings.add(host.findProgram(config.conmon())
                .map(path -> Finding.ok("conmon", path.toString()))
                .orElseGet(this::missingConmon));
        return findings;
    }

    /** Of a handler whose program is not there. */
    Finding missing(String handler, String program) {
        return handler.equals(config.defaultHandler())
                ? Finding.missing(
                        "handler " + handler,
                        program + " is not there, and it is the default",
                        packages.install(handler))
                : Finding.warning(
                        "handler " + handler,
                        program + " is not there; pods that ask for it fail",
                        packages.install(handler));
    }

    Finding missingConmon() {
        return Finding.missing(
                "conmon",
                config.conmon() + " is not there, so that no container can be started",
                packages.install("conmon"));
    }
}
