package io.gantry.cri.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says which fields of requests this version does not know. A newer kubelet may send them, protobuf leaves them alone, and
 * they have no effect: whoever wonders why finds a line in the log, one for each field.
 */
final class UnknownFieldsInterceptor implements ServerInterceptor {
    private static final Logger log = LoggerFactory.getLogger(UnknownFieldsInterceptor.class);

    /** So that no client can fill memory with numbers that it makes up. */
    private static final int MAX_TOLD = 256;

    private final Set<String> told = ConcurrentHashMap.newKeySet();

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            @Override
            public void onMessage(Q request) {
                if (request instanceof Message message) {
                    look(message);
                }
                super.onMessage(request);
            }
        };
    }

    private void look(Message message) {
        for (int number : message.getUnknownFields().asMap().keySet()) {
            String field = message.getDescriptorForType().getName() + "." + number;
            if (told.size() < MAX_TOLD && told.add(field)) {
                log.warn("a request has a field that this version does not know; it has no effect: field={}", field);
            }
        }
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE
                    || field.getKey().isMapField()) {
                continue;
            }
            if (field.getValue() instanceof Iterable<?> several) {
                several.forEach(each -> look((Message) each));
            } else {
                look((Message) field.getValue());
            }
        }
    }
}
