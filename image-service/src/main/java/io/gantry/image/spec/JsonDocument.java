package io.gantry.image.spec;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.Printable;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One JSON object from outside and typed look-ups in it, each of which says exactly which field is wrong. A field that is
 * null counts as absent, as Go's encoders write it.
 */
final class JsonDocument {
    private static final int MAX_DEPTH = 64;
    /** Bounds the tree's memory: 8 MiB of "[],[]," would otherwise become hundreds of megabytes. */
    private static final int MAX_TOKENS = 200_000;

    private static final int MAX_ERROR_TEXT = 200;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxTokenCount(MAX_TOKENS)
                            .maxStringLength(8 << 20)
                            .build())
                    .build())
            .build();

    private final JsonNode node;
    private final String subject;
    private final String path;

    private JsonDocument(JsonNode node, String subject, String path) {
        this.node = node;
        this.subject = subject;
        this.path = path;
    }

    /** Parses an object of at most {@code maxBytes} bytes. */
    static JsonDocument parse(byte[] json, int maxBytes, String subject) {
        if (json.length > maxBytes) {
            throw error(subject, "it has " + json.length + " bytes, more than the " + maxBytes + " that are read");
        }
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JacksonException e) {
            String detail = e.getOriginalMessage();
            throw error(
                            subject,
                            "it is not valid JSON: " + detail.substring(0, Math.min(detail.length(), MAX_ERROR_TEXT)))
                    .causedBy(e);
        }
        if (root == null || !root.isObject()) {
            throw error(subject, "it is not a JSON object");
        }
        return new JsonDocument(root, subject, "");
    }

    boolean has(String field) {
        return present(field) != null;
    }

    String requiredText(String field) {
        String text = optionalText(field);
        if (text == null || text.isEmpty()) {
            throw missing(field);
        }
        return text;
    }

    String text(String field) {
        String text = optionalText(field);
        return text == null ? "" : text;
    }

    @Nullable
    String optionalText(String field) {
        JsonNode value = present(field);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw wrong(field, "is not a string");
        }
        return value.stringValue();
    }

    int requiredInt(String field) {
        JsonNode value = present(field);
        if (value == null) {
            throw missing(field);
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(field, "is not a whole number");
        }
        return value.intValue();
    }

    long requiredSize(String field) {
        JsonNode value = present(field);
        if (value == null) {
            throw missing(field);
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw wrong(field, "is not a size in bytes");
        }
        return value.longValue();
    }

    boolean flag(String field) {
        JsonNode value = present(field);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw wrong(field, "is neither true nor false");
        }
        return value.booleanValue();
    }

    Digest requiredDigest(String field) {
        return digest(requiredText(field), field);
    }

    private Digest digest(String text, String field) {
        try {
            return Digest.parse(text);
        } catch (GantryException e) {
            throw wrong(field, "is not a digest: " + e.problem()).causedBy(e);
        }
    }

    @Nullable
    Instant instant(String field) {
        String text = optionalText(field);
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw wrong(field, "is not an RFC 3339 time").causedBy(e);
        }
    }

    /** The object of this name, or null. */
    @Nullable
    JsonDocument object(String field) {
        JsonNode value = present(field);
        if (value == null) {
            return null;
        }
        if (!value.isObject()) {
            throw wrong(field, "is not an object");
        }
        return new JsonDocument(value, subject, path + field + ".");
    }

    /** The objects in the list of this name, empty when it is absent. */
    List<JsonDocument> objects(String field, int max) {
        List<JsonDocument> out = new ArrayList<>();
        for (JsonNode item : list(field, max)) {
            String name = field + "[" + out.size() + "]";
            if (!item.isObject()) {
                throw wrong(name, "is not an object");
            }
            out.add(new JsonDocument(item, subject, path + name + "."));
        }
        return out;
    }

    List<String> texts(String field, int max) {
        List<String> out = new ArrayList<>();
        for (JsonNode item : list(field, max)) {
            if (!item.isString()) {
                throw wrong(field + "[" + out.size() + "]", "is not a string");
            }
            out.add(item.stringValue());
        }
        return out;
    }

    List<Digest> digests(String field, int max) {
        List<Digest> out = new ArrayList<>();
        for (String text : texts(field, max)) {
            out.add(digest(text, field + "[" + out.size() + "]"));
        }
        return out;
    }

    /** String values by name, empty when absent; null values become the empty string. */
    Map<String, String> textMap(String field) {
        Map<String, String> out = new LinkedHashMap<>();
        JsonDocument object = object(field);
        if (object != null) {
            for (String name : object.names()) {
                out.put(name, object.text(name));
            }
        }
        return out;
    }

    /** The names in a Go set, {@code {"a": {}, "b": {}}}. */
    List<String> nameSet(String field) {
        JsonDocument object = object(field);
        return object == null ? List.of() : object.names();
    }

    List<String> names() {
        return List.copyOf(node.propertyNames());
    }

    private Iterable<JsonNode> list(String field, int max) {
        JsonNode value = present(field);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(field, "is not a list");
        }
        if (value.size() > max) {
            throw wrong(field, "has " + value.size() + " entries, more than the " + max + " that are read");
        }
        return value;
    }

    private @Nullable JsonNode present(String field) {
        JsonNode value = node.get(field);
        return value == null || value.isNull() ? null : value;
    }

    GantryException missing(String field) {
        return wrong(field, "is missing");
    }

    GantryException wrong(String field, String problem) {
        return error(subject, path + field + " " + problem);
    }

    static GantryException error(String subject, String problem) {
        return GantryException.of(ErrorKind.DATA_LOSS, "read " + subject, Printable.of(problem));
    }
}
