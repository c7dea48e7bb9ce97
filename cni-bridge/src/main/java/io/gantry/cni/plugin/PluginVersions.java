package io.gantry.cni.plugin;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Which specification versions a plugin speaks, asked with VERSION once per program file and remembered until it changes. */
public final class PluginVersions {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** What makes a program file another one. */
    private record Program(
            Path path, long modified, long size, @Nullable Object fileKey) {}

    private record Answer(Program program, Set<CniVersion> versions) {}

    private final CniPluginRunner runner;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    public PluginVersions(CniPluginRunner runner) {
        this.runner = runner;
    }

    /**
     * The versions that both the plugin and Gantry speak.
     *
     * @throws GantryException when the plugin is missing or does not answer VERSION; nothing is remembered then
     */
    public Set<CniVersion> spokenBy(String plugin, String action) throws InterruptedException {
        Program program = identify(runner.path().require(plugin, action), action);
        Answer known = answers.get(plugin);
        if (known == null || !known.program().equals(program)) {
            known = new Answer(program, ask(plugin, action));
            answers.put(plugin, known);
        }
        return known.versions();
    }

    private Set<CniVersion> ask(String plugin, String action) throws InterruptedException {
        ObjectNode question = JsonNodeFactory.instance.objectNode();
        question.put("cniVersion", CniVersion.newest().text());
        JsonNode answer = runner.query(new CniInvocation(CniVerb.VERSION, plugin, question, null, TIMEOUT, action));
        Set<CniVersion> versions = EnumSet.noneOf(CniVersion.class);
        for (JsonNode version : answer.path("supportedVersions")) {
            CniVersion.find(version.asString("")).ifPresent(versions::add);
        }
        return Set.copyOf(versions);
    }

    private static Program identify(Path path, String action) {
        try {
            BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
            return new Program(path, file.lastModifiedTime().toMillis(), file.size(), file.fileKey());
        } catch (IOException e) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION, action, "CNI plugin " + path + " cannot be read: " + e)
                    .causedBy(e);
        }
    }
}
