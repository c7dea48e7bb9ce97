package io.gantry.platform.storage;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The bytes of one record file. */
final class RecordFile<T> {
    /** A file that does not hold a record of this kind. */
    static final class Unreadable extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        private final String problem;

        Unreadable(String problem, @Nullable Throwable cause) {
            super(problem, cause);
            this.problem = problem;
        }

        String problem() {
            return problem;
        }
    }

    /** One file read: a record, or a problem, or neither when it vanished meanwhile. */
    record Read<T>(Path file, @Nullable T record, String problem, boolean missing) {}

    private final Class<T> type;
    private final int schema;
    private final JsonMapper mapper;

    RecordFile(Class<T> type, int schema, JsonMapper mapper) {
        this.type = type;
        this.schema = schema;
        this.mapper = mapper;
    }

    byte[] encode(T record) {
        ObjectNode root = mapper.createObjectNode();
        root.put("schema", schema);
        root.set("record", mapper.valueToTree(record));
        return mapper.writeValueAsBytes(root);
    }

    T decode(byte[] bytes) throws Unreadable {
        try {
            JsonNode root = mapper.readTree(bytes);
            JsonNode version = root.get("schema");
            JsonNode record = root.get("record");
            if (version == null || !version.isInt() || record == null || !record.isObject()) {
                throw new Unreadable(
                        bytes.length == 0 ? "the file is empty" : "not of the form {\"schema\":N,\"record\":{}}", null);
            }
            if (version.intValue() > schema) {
                throw new Unreadable(
                        "written by a later Gantry: schema " + version.intValue() + ", this one knows up to " + schema
                                + "; go back to the later version and move the file back",
                        null);
            }
            T value = mapper.treeToValue(record, type);
            if (value == null) {
                throw new Unreadable("the record is null", null);
            }
            return value;
        } catch (JacksonException e) {
            throw new Unreadable("not a " + type.getSimpleName() + " in JSON: " + RecordStore.problem(e), e);
        }
    }

    Read<T> read(Path file) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return new Read<>(file, null, "not a regular file", false);
            }
            return new Read<>(file, decode(Files.readAllBytes(file)), "", false);
        } catch (NoSuchFileException e) {
            return new Read<>(file, null, "vanished", true);
        } catch (IOException e) {
            return new Read<>(file, null, "cannot be read: " + e.getMessage(), false);
        } catch (Unreadable e) {
            return new Read<>(file, null, e.problem(), false);
        }
    }
}
