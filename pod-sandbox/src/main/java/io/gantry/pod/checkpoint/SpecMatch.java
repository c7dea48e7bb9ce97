package io.gantry.pod.checkpoint;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Whether the specification of a container that is to be restored fits the processes that were dumped: criu restores the
 * mounts that the dump has, with the sources of the new container, and leaves credentials and all else of the processes as
 * they were.
 */
public final class SpecMatch {
    private final JsonNode dumped;
    private final JsonNode wanted;
    private final String action;

    public SpecMatch(JsonNode dumped, JsonNode wanted, String action) {
        this.dumped = dumped;
        this.wanted = wanted;
        this.action = action;
    }

    /**
     * What a restore cannot change: the mounts and the user.
     *
     * @throws GantryException INVALID_ARGUMENT that names every difference
     */
    public void require() {
        if (dumped.at("/process/terminal").asBoolean(false)) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    "the checkpoint is of a container with a terminal, which cannot be restored");
        }
        List<String> problems = new ArrayList<>();
        mounts(problems);
        for (String id : List.of("uid", "gid")) {
            long was = dumped.at("/process/user/" + id).asLong(0);
            long is = wanted.at("/process/user/" + id).asLong(0);
            if (was != is) {
                problems.add("its processes have " + id + " " + was + ", the container asks for " + is);
            }
        }
        refuse(problems);
    }

    /** What the caller of RestorePod has said of the processes, and must be so (api.proto, RestorePodRequest). */
    public void requireSameProcess() {
        List<String> problems = new ArrayList<>();
        for (String part : List.of("args", "cwd", "noNewPrivileges")) {
            if (!Objects.equals(text("/process/" + part, dumped), text("/process/" + part, wanted))) {
                problems.add("its " + part + " was " + text("/process/" + part, dumped) + ", the container asks for "
                        + text("/process/" + part, wanted));
            }
        }
        if (!environment(dumped).equals(environment(wanted))) {
            problems.add("its environment was another one");
        }
        if (!words(dumped.at("/process/capabilities/bounding"))
                .equals(words(wanted.at("/process/capabilities/bounding")))) {
            problems.add("it had other capabilities");
        }
        refuse(problems);
    }

    private void mounts(List<String> problems) {
        Map<String, Boolean> was = binds(dumped);
        Map<String, Boolean> is = binds(wanted);
        was.forEach((destination, readOnly) -> {
            Boolean now = is.get(destination);
            if (now == null) {
                problems.add("it has a mount at " + destination + ", the container does not");
            } else if (!now.equals(readOnly)) {
                problems.add("its mount at " + destination + " is " + (readOnly ? "read-only" : "writable")
                        + ", that of the container is not");
            }
        });
        is.keySet().stream()
                .filter(destination -> !was.containsKey(destination))
                .forEach(destination -> problems.add("it has no mount at " + destination + ", the container has"));
    }

    /** Destinations of what was bound from the host, and whether it is read-only. */
    private static Map<String, Boolean> binds(JsonNode spec) {
        Map<String, Boolean> binds = new TreeMap<>();
        spec.path("mounts").forEach(mount -> {
            Set<String> options = words(mount.path("options"));
            if (mount.path("type").asString("").equals("bind")
                    || options.contains("bind")
                    || options.contains("rbind")) {
                binds.put(mount.path("destination").asString(""), options.contains("ro") || options.contains("rro"));
            }
        });
        return binds;
    }

    private static Set<String> words(JsonNode list) {
        Set<String> words = new HashSet<>();
        list.forEach(word -> words.add(word.asString("")));
        return words;
    }

    /** The environment without the host name, which is the pod's. */
    private static Set<String> environment(JsonNode spec) {
        Set<String> variables = words(spec.at("/process/env"));
        variables.removeIf(variable -> variable.startsWith("HOSTNAME="));
        return variables;
    }

    private static String text(String pointer, JsonNode spec) {
        JsonNode part = spec.at(pointer);
        return part.isMissingNode() ? "not given" : part.toString();
    }

    private void refuse(List<String> problems) {
        if (!problems.isEmpty()) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "the checkpoint does not fit: " + String.join("; ", problems))
                    .withRemedy("restore it with the mounts and the process of the container that it was made of");
        }
    }
}
