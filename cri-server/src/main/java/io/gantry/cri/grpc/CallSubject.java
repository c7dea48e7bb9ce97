package io.gantry.cri.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a call is about, read off its messages by the names that CRI gives such fields everywhere: a sandbox, a container,
 * a pod's name, an image. Never anything else of a message: payloads may hold secrets.
 */
final class CallSubject {
    /** Field of a message to key of the log line. */
    private static final Map<String, String> IDS = Map.of("pod_sandbox_id", "sandbox", "container_id", "container");

    private CallSubject() {}

    /** Adds {@code key=value} for what {@code message} names. */
    static void describe(Object message, Map<String, String> fields) {
        if (!(message instanceof Message m)) {
            return;
        }
        IDS.forEach((field, key) -> {
            if (text(m, field) instanceof String id && !id.isEmpty()) {
                fields.put(key, id);
            }
        });
        if (child(m, "config") instanceof Message config && child(config, "metadata") instanceof Message metadata) {
            String name = text(metadata, "name");
            String namespace = text(metadata, "namespace");
            if (name != null && !name.isEmpty()) {
                fields.put(namespace == null ? "name" : "pod", namespace == null ? name : namespace + "/" + name);
            }
        }
        if (child(m, "image") instanceof Message spec
                && text(spec, "image") instanceof String image
                && !image.isEmpty()) {
            fields.put("image", image);
        }
    }

    private static @Nullable String text(Message message, String field) {
        FieldDescriptor descriptor = message.getDescriptorForType().findFieldByName(field);
        return descriptor == null
                        || descriptor.isRepeated()
                        || descriptor.getJavaType() != FieldDescriptor.JavaType.STRING
                ? null
                : (String) message.getField(descriptor);
    }

    private static @Nullable Message child(Message message, String field) {
        FieldDescriptor descriptor = message.getDescriptorForType().findFieldByName(field);
        return descriptor == null
                        || descriptor.isRepeated()
                        || descriptor.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                        || !message.hasField(descriptor)
                ? null
                : (Message) message.getField(descriptor);
    }
}
