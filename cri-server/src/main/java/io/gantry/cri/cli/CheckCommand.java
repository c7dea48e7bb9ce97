package io.gantry.cri.cli;

import io.gantry.cri.check.CheckpointCheck;
import io.gantry.cri.check.Finding;
import io.gantry.cri.check.HostCheck;
import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.ConfigProblem;
import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.config.ProgramHome;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.storage.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gantry check}. */
@Command(
        name = "check",
        description = {
            "Look at this host and say what Gantry needs and does not find, and how to get it. Changes nothing.",
            "",
            "ok: as it should be. warning: Gantry runs, but something will not work. missing: no pod can run."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {" 0:pods can run here", " 1:something is missing", " 3:the configuration has problems"})
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class CheckCommand implements Callable<Integer> {
    @Mixin
    ConfigOption config;

    @Option(names = "--json", description = "Print the findings as JSON.")
    boolean json;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        ConfigLoader.Loaded loaded = config.load();
        for (ConfigProblem problem : loaded.problems()) {
            spec.commandLine().getErr().println(problem);
        }
        GantryConfig effective = loaded.config();
        HostFacts host = HostFacts.detect();
        List<Finding> findings =
                new ArrayList<>(new HostCheck(effective, host, ProgramHome.pauseProgram(effective.runtime()))
                        .runThorough(SpawnProcessRunner.shared()));
        findings.add(new CheckpointCheck(SpawnProcessRunner.shared(), host).run());
        print(findings, spec.commandLine().getOut());
        boolean complete = findings.stream().noneMatch(finding -> finding.severity() == Finding.Severity.MISSING);
        if (!complete) {
            return ExitCodes.FAILURE;
        }
        return loaded.problems().isEmpty() ? ExitCodes.OK : ExitCodes.CONFIGURATION;
    }

    private void print(List<Finding> findings, PrintWriter out) {
        if (json) {
            out.println(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(findings));
            return;
        }
        for (Finding finding : findings) {
            String severity = switch (finding.severity()) {
                case OK -> "ok";
                case WARNING -> "warning";
                case MISSING -> "missing";
            };
            out.printf("%-8s %-22s %s%n", severity, finding.subject(), finding.detail());
            if (!finding.remedy().isEmpty()) {
                out.printf("%-8s %-22s -> %s%n", "", "", finding.remedy());
            }
        }
    }
}
