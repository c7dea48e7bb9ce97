package io.gantry.cri.cli;

import io.gantry.platform.storage.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry explain}. */
@Command(
        name = "explain",
        description = {
            "Say what the daemon is doing about a pod or container, since when and what it waits for; how long each step of"
                    + " its start took; and what failed lately.",
            "",
            "Also of one that is still being created, or could not be. What happened before the daemon was started is not"
                    + " known."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            " 0:it is explained",
            " 1:there is none of that name, several could be meant, or the daemon does not answer",
            " 2:the command line makes no sense"
        })
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ExplainCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "POD|CONTAINER",
            description = {
                "An id or the beginning of one, NAME, NAMESPACE/POD or NAMESPACE/POD/CONTAINER.",
                "Of several sandboxes or attempts the newest is meant."
            })
    String target;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Mixin
    SocketOption socket;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        Explanation explained;
        try (CriClient client = socket.connect()) {
            explained = new Explainer(client).explain(target);
        }
        var out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(explained));
        } else {
            new ExplanationText(out).print(explained);
        }
        return ExitCodes.OK;
    }
}
