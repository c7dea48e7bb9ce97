package io.gantry.image.spec;

import io.gantry.image.reference.Platform;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads image configs, Docker's and OCI's, which name their fields alike. */
final class ConfigReader {
    private static final int MAX_BYTES = DocumentLimits.CONFIG_BYTES;
    private static final int MAX_LAYERS = 1024;
    private static final int MAX_HISTORY = 16_384;
    private static final int MAX_WORDS = 65_536;

    private static final ImageConfigFile.Execution NOTHING = new ImageConfigFile.Execution(
            "", List.of(), List.of(), List.of(), "", Set.of(), "", Map.of(), Set.of(), false);

    private ConfigReader() {}

    static ImageConfigFile read(byte[] json, String subject) {
        JsonDocument document = JsonDocument.parse(json, MAX_BYTES, subject);
        JsonDocument rootfs = document.object("rootfs");
        if (rootfs == null) {
            throw document.missing("rootfs");
        }
        String type = rootfs.text("type");
        if (!type.isEmpty() && !type.equals("layers")) {
            throw rootfs.wrong("type", "is \"" + type + "\", only \"layers\" is known");
        }
        Platform platform = Platform.of(
                document.requiredText("os"), document.requiredText("architecture"), document.optionalText("variant"));
        return new ImageConfigFile(
                platform,
                document.instant("created"),
                document.optionalText("author"),
                execution(document.object("config")),
                rootfs.digests("diff_ids", MAX_LAYERS),
                document.objects("history", MAX_HISTORY).stream()
                        .map(ConfigReader::history)
                        .toList());
    }

    private static ImageConfigFile.Execution execution(@Nullable JsonDocument config) {
        if (config == null) {
            return NOTHING;
        }
        return new ImageConfigFile.Execution(
                config.text("User"),
                config.texts("Env", MAX_WORDS),
                config.texts("Entrypoint", MAX_WORDS),
                config.texts("Cmd", MAX_WORDS),
                config.text("WorkingDir"),
                new LinkedHashSet<>(config.nameSet("Volumes")),
                config.text("StopSignal"),
                config.textMap("Labels"),
                new LinkedHashSet<>(config.nameSet("ExposedPorts")),
                config.flag("ArgsEscaped"));
    }

    private static ImageConfigFile.History history(JsonDocument entry) {
        return new ImageConfigFile.History(
                entry.instant("created"),
                entry.text("created_by"),
                entry.text("author"),
                entry.text("comment"),
                entry.flag("empty_layer"));
    }
}
