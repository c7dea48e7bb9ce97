package io.gantry.pod.cdi;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** One object of a specification file, read strictly: a key that is not known or a value of another type is an error. */
final class SpecObject {
    /** Octal numbers of YAML 1.1 and 1.2, which the parser gives as text. */
    private static final Pattern OCTAL = Pattern.compile("0o?[0-7]{1,15}");

    private final JsonNode json;
    private final String where;

    private SpecObject(JsonNode json, String where) {
        this.json = json;
        this.where = where;
    }

    static SpecObject of(JsonNode json, String where, Set<String> keys) throws InvalidSpecException {
        if (!json.isObject()) {
            throw new InvalidSpecException((where.isEmpty() ? "it" : where) + " is not an object");
        }
        for (String key : json.propertyNames()) {
            if (!keys.contains(key)) {
                throw new InvalidSpecException(path(where, key) + " is not a key that is known here");
            }
        }
        return new SpecObject(json, where);
    }

    String where(String key) {
        return path(where, key);
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    /** The text, empty when it is not there. */
    String text(String key) throws InvalidSpecException {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isString()) {
            throw new InvalidSpecException(where(key) + " is not a string");
        }
        if (value.asString().indexOf('\0') >= 0) {
            throw new InvalidSpecException(where(key) + " has a NUL byte in it");
        }
        return value.asString();
    }

    String absolutePath(String key) throws InvalidSpecException {
        String path = text(key);
        if (!path.startsWith("/")) {
            throw new InvalidSpecException(where(key) + " is not an absolute path: \"" + path + "\"");
        }
        return path;
    }

    @Nullable
    Long number(String key, long limit) throws InvalidSpecException {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (value.isString() && OCTAL.matcher(value.asString()).matches()) {
            long octal = Long.parseLong(value.asString().replace("o", ""), 8);
            if (octal <= limit) {
                return octal;
            }
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0 || value.asLong() > limit) {
            throw new InvalidSpecException(where(key) + " is not a whole number from 0 to " + limit);
        }
        return value.asLong();
    }

    List<String> texts(String key) throws InvalidSpecException {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : array(key)) {
            if (!element.isString() || element.asString().indexOf('\0') >= 0) {
                throw new InvalidSpecException(where(key) + " is not a list of strings");
            }
            texts.add(element.asString());
        }
        return texts;
    }

    List<SpecObject> objects(String key, Set<String> keys) throws InvalidSpecException {
        List<SpecObject> objects = new ArrayList<>();
        for (JsonNode element : array(key)) {
            objects.add(of(element, where(key) + "[" + objects.size() + "]", keys));
        }
        return objects;
    }

    /** The object under a key, an empty one when it is not there. */
    SpecObject object(String key, Set<String> keys) throws InvalidSpecException {
        return of(has(key) ? json.path(key) : JsonNodeFactory.instance.objectNode(), where(key), keys);
    }

    List<JsonNode> array(String key) throws InvalidSpecException {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw new InvalidSpecException(where(key) + " is not a list");
        }
        return value.valueStream().toList();
    }

    private static String path(String where, String key) {
        return where.isEmpty() ? key : where + "." + key;
    }
}
