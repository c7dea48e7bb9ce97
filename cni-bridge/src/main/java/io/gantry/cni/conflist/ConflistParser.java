package io.gantry.cni.conflist;

import io.gantry.platform.storage.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the three kinds of configuration files: lists ({@code .conflist}) and single plugins ({@code .conf}, {@code .json}). */
final class ConflistParser {
    private static final Pattern NETWORK_NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    private ConflistParser() {}

    /**
     * Reads a list.
     *
     * @return the list, and whether plugins may be added to its chain from the directory named after the network
     */
    static ParsedList parseList(Path file, byte[] content) throws InvalidConflist {
        ObjectNode json = parseObject(content);
        String name = networkName(json);
        boolean inlinedOnly = flag(json, "loadOnlyInlinedPlugins");
        JsonNode plugins = json.get("plugins");
        if (plugins == null && inlinedOnly) {
            throw new InvalidConflist("\"loadOnlyInlinedPlugins\" is true and there are no \"plugins\"");
        }
        if (plugins != null && !plugins.isArray()) {
            throw new InvalidConflist("\"plugins\" is not a list");
        }
        List<PluginConfig> chain = new ArrayList<>();
        if (plugins != null) {
            for (int i = 0; i < plugins.size(); i++) {
                chain.add(plugin(plugins.get(i), "plugin " + (i + 1)));
            }
            if (chain.isEmpty()) {
                throw new InvalidConflist("\"plugins\" is empty");
            }
        }
        return new ParsedList(
                name, versions(json), flag(json, "disableCheck"), flag(json, "disableGC"), inlinedOnly, chain, file);
    }

    /** Reads a single plugin's file and wraps it into a list of one. */
    static CniConflist parseSingle(Path file, byte[] content) throws InvalidConflist {
        ObjectNode json = parseObject(content);
        if (!json.has("type")) {
            throw new InvalidConflist(
                    json.has("plugins")
                            ? "it is a list of plugins but is not named *.conflist; rename it"
                            : "it has no \"type\"");
        }
        PluginConfig plugin = plugin(json, "the plugin");
        return new CniConflist(
                networkName(json),
                versions(json),
                flag(json, "disableCheck"),
                flag(json, "disableGC"),
                List.of(plugin),
                file);
    }

    /** Reads a file that adds one plugin to a list's chain. */
    static PluginConfig parseAddition(byte[] content) throws InvalidConflist {
        return plugin(parseObject(content), "the plugin");
    }

    private static ObjectNode parseObject(byte[] content) throws InvalidConflist {
        if (new String(content, java.nio.charset.StandardCharsets.UTF_8).isBlank()) {
            throw new InvalidConflist("it is empty");
        }
        try {
            if (Json.mapper().readTree(content) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new InvalidConflist("it is not JSON: " + describe(e));
        }
        throw new InvalidConflist("it is not a JSON object");
    }

    private static String describe(JacksonException e) {
        String where = e.getLocation() == null
                ? ""
                : " at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        return e.getOriginalMessage() + where;
    }

    private static String networkName(ObjectNode json) throws InvalidConflist {
        JsonNode name = json.get("name");
        if (name == null || !name.isString() || name.stringValue().isEmpty()) {
            throw new InvalidConflist("it has no \"name\"");
        }
        if (!NETWORK_NAME.matcher(name.stringValue()).matches()) {
            throw new InvalidConflist(
                    "\"name\" " + name + " is not a network name (letters and digits, then also '_', '.', '-')");
        }
        return name.stringValue();
    }

    /** The union of cniVersion and cniVersions, less what is newer than Gantry. */
    private static List<CniVersion> versions(ObjectNode json) throws InvalidConflist {
        List<String> declared = new ArrayList<>();
        JsonNode single = json.get("cniVersion");
        if (single != null) {
            declared.add(versionText(single, "cniVersion"));
        }
        JsonNode several = json.get("cniVersions");
        if (several != null && !several.isArray()) {
            throw new InvalidConflist("\"cniVersions\" is not a list");
        }
        if (several != null) {
            for (JsonNode version : several) {
                declared.add(versionText(version, "cniVersions"));
            }
        }
        if (declared.isEmpty()) {
            throw new InvalidConflist("it has no \"cniVersion\"; give one of " + CniVersion.all());
        }
        List<CniVersion> spoken = declared.stream()
                .map(CniVersion::find)
                .flatMap(Optional::stream)
                .toList();
        if (spoken.isEmpty()) {
            throw new InvalidConflist("\"cniVersion\" " + String.join(", ", declared)
                    + " is not supported; give one of " + CniVersion.all());
        }
        return spoken;
    }

    private static String versionText(JsonNode node, String key) throws InvalidConflist {
        if (!node.isString() || !CniVersion.isWellFormed(node.stringValue())) {
            throw new InvalidConflist("\"" + key + "\" holds " + node + ", which is not a version");
        }
        return node.stringValue();
    }

    /** A boolean that some writers give as a string. */
    private static boolean flag(ObjectNode json, String key) throws InvalidConflist {
        JsonNode node = json.get(key);
        if (node == null) {
            return false;
        }
        String text = node.isBoolean() || node.isString() ? node.asString().toLowerCase(Locale.ROOT) : "";
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new InvalidConflist("\"" + key + "\" is " + node + ", not true or false");
        };
    }

    private static PluginConfig plugin(JsonNode node, String subject) throws InvalidConflist {
        if (!(node instanceof ObjectNode object)) {
            throw new InvalidConflist(subject + " is not an object");
        }
        JsonNode type = object.get("type");
        if (type == null || !type.isString() || type.stringValue().isEmpty()) {
            throw new InvalidConflist(subject + " has no \"type\"");
        }
        checkProgramName(type.stringValue(), subject + "'s \"type\"");
        JsonNode ipamType = object.path("ipam").path("type");
        if (ipamType.isString() && !ipamType.stringValue().isEmpty()) {
            checkProgramName(ipamType.stringValue(), subject + "'s ipam \"type\"");
        }
        JsonNode capabilities = object.path("capabilities");
        if (!capabilities.isMissingNode() && !capabilities.isNull() && !capabilities.isObject()) {
            throw new InvalidConflist(subject + "'s \"capabilities\" is not an object");
        }
        for (JsonNode value : capabilities) {
            if (!value.isBoolean()) {
                throw new InvalidConflist(subject + "'s \"capabilities\" holds " + value + ", not true or false");
            }
        }
        return new PluginConfig(object);
    }

    private static void checkProgramName(String name, String subject) throws InvalidConflist {
        if (name.indexOf('/') >= 0
                || name.indexOf('\\') >= 0
                || name.indexOf('\0') >= 0
                || name.equals(".")
                || name.equals("..")) {
            throw new InvalidConflist(subject + " is not the name of a program: " + name.replace('\0', '?'));
        }
    }

    /** A list before the plugins of its directory are added. */
    record ParsedList(
            String name,
            List<CniVersion> versions,
            boolean disableCheck,
            boolean disableGc,
            boolean inlinedOnly,
            List<PluginConfig> plugins,
            Path file) {
        CniConflist with(List<PluginConfig> additions) throws InvalidConflist {
            List<PluginConfig> chain = new ArrayList<>(plugins);
            chain.addAll(additions);
            if (chain.isEmpty()) {
                throw new InvalidConflist("it has no \"plugins\"");
            }
            return new CniConflist(name, versions, disableCheck, disableGc, chain, file);
        }
    }
}
