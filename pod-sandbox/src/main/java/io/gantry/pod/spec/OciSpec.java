package io.gantry.pod.spec;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import io.gantry.pod.state.Container.ContainerUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The specification of one container.
 *
 * @param json the whole of config.json (OCI runtime-spec 1.0.2 and later)
 * @param user whom its first process runs as
 * @param warnings what the container gets less of than was asked for, because the host does not let it
 */
public record OciSpec(ObjectNode json, ContainerUser user, List<String> warnings) {
    /** The name of the file in a bundle (bundle.md). */
    public static final String FILE_NAME = "config.json";

    public OciSpec {
        warnings = List.copyOf(warnings);
    }

    /** The SELinux label of files that are the container's own, empty on a host without labels. */
    public String mountLabel() {
        return json.path("linux").path("mountLabel").asString("");
    }

    /** Writes config.json into a bundle. It is not synced: the bundle does not outlive a reboot. */
    public void writeTo(Path bundle) {
        try {
            Files.write(bundle.resolve(FILE_NAME), Json.mapper().writeValueAsBytes(json));
        } catch (IOException e) {
            throw GantryException.of(
                            ErrorKind.INTERNAL, "write " + bundle.resolve(FILE_NAME), String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    /**
     * The process of an exec in a container: its own process (user, environment, capabilities, labels, limits) with
     * another command.
     *
     * @param bundle the container's bundle, which holds its config.json
     * @throws GantryException NOT_FOUND when the bundle has none, DATA_LOSS when it cannot be read
     */
    public static ObjectNode execProcess(Path bundle, List<String> command, boolean terminal) {
        Path file = bundle.resolve(FILE_NAME);
        JsonNode process;
        try {
            process = Json.mapper().readTree(Files.readAllBytes(file)).path("process");
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "read " + file, String.valueOf(e.getMessage()))
                    .causedBy(e);
        } catch (JacksonException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, "read " + file, "it is not JSON")
                    .causedBy(e);
        }
        if (!process.isObject()) {
            throw GantryException.of(ErrorKind.DATA_LOSS, "read " + file, "it has no process");
        }
        ObjectNode exec = (ObjectNode) process;
        exec.set("args", Nodes.strings(command));
        exec.put("terminal", terminal);
        exec.remove("consoleSize");
        if (terminal) {
            nameTerminal(exec);
        }
        return exec;
    }

    /** Programs that draw on a terminal ask TERM for its kind; one set in the container's own environment holds. */
    private static void nameTerminal(ObjectNode process) {
        ArrayNode environment = process.withArray("env");
        for (JsonNode variable : environment) {
            if (variable.asString("").startsWith("TERM=")) {
                return;
            }
        }
        environment.add("TERM=xterm");
    }
}
