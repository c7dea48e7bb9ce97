package io.gantry.cri.cli;

import io.gantry.image.verify.LayerVerdict;
import io.gantry.platform.storage.Json;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gantry image verify}. */
@Command(
        name = "verify",
        description = {
            "Read every layer of every image and compare it with what it was after the pull: names, contents, owners,"
                    + " permissions, times.",
            "",
            "A layer is compared with its seal, which Gantry makes in the background after a pull (images.seal_layers). One"
                    + " that has none yet is sealed now."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {" 0:every layer can be used", " 1:a layer is damaged or lost"})
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImageVerifyCommand implements Callable<Integer> {
    @Option(
            names = "--repair",
            description =
                    "Pull damaged layers again. An image whose layer cannot be had is removed from the list, so that"
                            + " the next pull brings it. Layers that containers use are left alone.")
    boolean repair;

    @Option(names = "--json", description = "Print JSON, one object a line for each layer.")
    boolean json;

    @Mixin
    StoreOption store;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Map<LayerVerdict.State, Integer> counts = new EnumMap<>(LayerVerdict.State.class);
        boolean[] usable = {true};
        PrintWriter out = spec.commandLine().getOut();
        try (ImageStore images = store.open()) {
            images.verify(repair, verdict -> {
                counts.merge(verdict.state(), 1, Integer::sum);
                usable[0] &= verdict.isUsable();
                print(verdict, out);
            });
        }
        if (!json) {
            out.println(
                    counts.isEmpty()
                            ? "there are no images"
                            : counts.entrySet().stream()
                                    .map(count -> count.getValue() + " " + name(count.getKey()))
                                    .collect(Collectors.joining(", ", "layers: ", "")));
        }
        return usable[0] ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    private void print(LayerVerdict verdict, PrintWriter out) {
        if (json) {
            out.println(Json.mapper().writeValueAsString(verdict));
        } else if (verdict.state() != LayerVerdict.State.GOOD) {
            out.println(name(verdict.state()) + "  " + verdict.diffId() + "  " + String.join(" ", verdict.images())
                    + (verdict.detail().isEmpty() ? "" : ": " + verdict.detail()));
        }
    }

    private static String name(LayerVerdict.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
