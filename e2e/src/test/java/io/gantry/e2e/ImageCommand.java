package io.gantry.e2e;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.util.ArrayList;
import java.util.List;

/** {@code gantry image …} of the built program, with the configuration of a runtime under test. */
final class ImageCommand {
    private final RuntimeUnderTest runtime;

    ImageCommand(RuntimeUnderTest runtime) {
        this.runtime = runtime;
    }

    /** A command to run: {@code of("import", archive)}. */
    Command of(Object... words) {
        List<String> all =
                new ArrayList<>(List.of(Toolbox.gantry().resolve("bin/gantry").toString(), "image"));
        for (Object word : words) {
            all.add(word.toString());
        }
        all.add("--config");
        all.add(runtime.node().files().resolve("gantry.toml").toString());
        return Command.of(all);
    }

    /** The same as one line for a shell. */
    String line(Object... words) {
        return String.join(" ", of(words).words());
    }
}
