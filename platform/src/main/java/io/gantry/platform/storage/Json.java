package io.gantry.platform.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.file.Path;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/** The one JSON mapper. Making one costs milliseconds and memory, so all share it. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .addModule(paths())
            .build();

    private Json() {}

    /**
     * Records in and out; null components are left out; unknown properties are ignored on read and missing ones are null,
     * 0 or false; times are ISO 8601; {@link Path} is its text.
     */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    private static SimpleModule paths() {
        SimpleModule module = new SimpleModule("paths");
        module.addSerializer(Path.class, new ValueSerializer<Path>() {
            @Override
            public void serialize(Path path, JsonGenerator out, SerializationContext context) {
                out.writeString(path.toString());
            }
        });
        module.addDeserializer(Path.class, new ValueDeserializer<Path>() {
            @Override
            public Path deserialize(JsonParser in, DeserializationContext context) {
                return Path.of(in.getValueAsString());
            }
        });
        return module;
    }
}
