package io.gantry.pod.cdi;

import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Reads one specification file, JSON or YAML by its name. */
final class SpecReader {
    static final String YAML = ".yaml";
    static final String JSON = ".json";

    /** Far beyond any real one. */
    private static final long MAX_SIZE = 4 << 20;

    private static final Set<String> VERSIONS = Set.of("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0");
    private static final Set<String> KEYS = Set.of("cdiVersion", "kind", "annotations", "devices", "containerEdits");
    private static final Set<String> DEVICE_KEYS = Set.of("name", "annotations", "containerEdits");

    private SpecReader() {}

    /** Loaded only on nodes that have such files. */
    private static final class Yaml {
        static final YAMLMapper MAPPER = new YAMLMapper();
    }

    static CdiSpec read(Path file) throws InvalidSpecException {
        SpecObject json = SpecObject.of(parse(file), "", KEYS);
        String version = json.text("cdiVersion");
        if (!VERSIONS.contains(version)) {
            throw new InvalidSpecException("cdiVersion \"" + version + "\" is not supported; 0.3.0 to 1.0.0 are");
        }
        String kind = json.text("kind");
        if (!CdiName.isKind(kind)) {
            throw new InvalidSpecException("kind \"" + kind + "\" is not of the form vendor.com/class");
        }
        Map<String, CdiEdits> devices = new HashMap<>();
        for (SpecObject device : json.objects("devices", DEVICE_KEYS)) {
            String name = device.text("name");
            if (!CdiName.isDevice(name)) {
                throw new InvalidSpecException(device.where("name") + " is not a device name: \"" + name + "\"");
            }
            CdiEdits edits = EditsReader.read(device);
            if (edits.isEmpty()) {
                throw new InvalidSpecException(device.where("containerEdits") + " is empty");
            }
            if (devices.put(name, edits) != null) {
                throw new InvalidSpecException("device " + name + " is there twice");
            }
        }
        return new CdiSpec(kind, EditsReader.read(json), devices);
    }

    private static JsonNode parse(Path file) throws InvalidSpecException {
        byte[] content;
        try {
            if (Files.size(file) > MAX_SIZE) {
                throw new InvalidSpecException("it is larger than " + MAX_SIZE + " bytes");
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InvalidSpecException("it cannot be read: " + e);
        }
        boolean yaml = file.toString().endsWith(YAML);
        try {
            return yaml ? Yaml.MAPPER.readTree(content) : Json.mapper().readTree(content);
        } catch (JacksonException e) {
            throw new InvalidSpecException("it is not " + (yaml ? "YAML" : "JSON") + ": " + e.getOriginalMessage());
        }
    }
}
