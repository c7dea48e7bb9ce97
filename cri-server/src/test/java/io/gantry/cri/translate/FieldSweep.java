package io.gantry.cri.translate;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Walks through a message and makes one copy for each field that is set in it, with that field cleared. */
final class FieldSweep {
    /** A message without one of its fields. */
    record Without(String path, Message message) {}

    private FieldSweep() {}

    static List<Without> of(Message message) {
        List<Without> result = new ArrayList<>();
        walk("", message, UnaryOperator.identity(), result);
        return result;
    }

    private static void walk(String prefix, Message message, UnaryOperator<Message> whole, List<Without> result) {
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            String path = prefix + field.getName();
            result.add(new Without(
                    path, whole.apply(message.toBuilder().clearField(field).build())));
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.isMapField()) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                    int index = i;
                    walk(
                            path + "[" + i + "].",
                            (Message) message.getRepeatedField(field, i),
                            child -> whole.apply(message.toBuilder()
                                    .setRepeatedField(field, index, child)
                                    .build()),
                            result);
                }
            } else {
                walk(
                        path + ".",
                        (Message) message.getField(field),
                        child -> whole.apply(
                                message.toBuilder().setField(field, child).build()),
                        result);
            }
        }
    }

    /** Names of the fields of a message type that a message does not set, with those of the messages within. */
    static List<String> unset(Message message) {
        List<String> result = new ArrayList<>();
        unset("", message, result);
        return result;
    }

    private static void unset(String prefix, Message message, List<String> result) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            String path = prefix + field.getName();
            if (!message.getAllFields().containsKey(field)) {
                result.add(path);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated()) {
                unset(path + ".", (Message) message.getField(field), result);
            }
        }
    }
}
