package io.gantry.cri.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;

/**
 * One line per call when it ends: id, method, duration, outcome, what it was about, and sizes of what went in and out.
 * The id stands in the {@link MDC} under {@link #CALL_KEY} while the call runs, so that every line logged on its behalf
 * carries it. Calls that only look (the kubelet makes several each second) are logged at debug level when they succeed
 * (ADR 19).
 */
final class CallLogInterceptor implements ServerInterceptor {
    static final String CALL_KEY = "call";

    private static final Logger log = LoggerFactory.getLogger("io.gantry.cri.Call");

    /** Calls that change nothing, and that the kubelet or a monitor repeats all the time. */
    private static final Set<String> QUIET = Set.of(
            "Version",
            "Status",
            "RuntimeConfig",
            "PodSandboxStatus",
            "ListPodSandbox",
            "StreamPodSandboxes",
            "ContainerStatus",
            "ListContainers",
            "StreamContainers",
            "ContainerStats",
            "ListContainerStats",
            "StreamContainerStats",
            "PodSandboxStats",
            "ListPodSandboxStats",
            "StreamPodSandboxStats",
            "ListMetricDescriptors",
            "ListPodSandboxMetrics",
            "StreamPodSandboxMetrics",
            "ListImages",
            "StreamImages",
            "ImageStatus",
            "ImageFsInfo");

    private final AtomicLong calls = new AtomicLong();

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        CallLine line = new CallLine(
                Long.toString(calls.incrementAndGet(), 36),
                String.valueOf(call.getMethodDescriptor().getBareMethodName()));
        ServerCall<Q, R> logged = new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(R message) {
                line.sent(message);
                super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
                line.close(status);
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(logged, headers)) {
            @Override
            public void onMessage(Q message) {
                line.received(message);
                super.onMessage(message);
            }

            @Override
            public void onHalfClose() {
                MDC.put(CALL_KEY, line.id);
                try {
                    super.onHalfClose();
                } catch (RuntimeException | Error failure) {
                    if (line.closed) {
                        throw failure;
                    }
                    logged.close(StatusMapping.status(failure), new Metadata());
                } finally {
                    MDC.remove(CALL_KEY);
                }
            }

            @Override
            public void onCancel() {
                // The context knows whether its deadline passed or the client went away.
                line.close(StatusMapping.interrupted());
                super.onCancel();
            }
        };
    }

    /** What is known of one call so far. The call's callbacks never overlap, so nothing here needs a lock. */
    private static final class CallLine {
        private final String id;
        private final String method;
        private final boolean wanted;
        private final long startNanos = System.nanoTime();
        private final Map<String, String> subject = new LinkedHashMap<>();
        private long requestBytes;
        private long responseBytes;
        private boolean closed;

        CallLine(String id, String method) {
            this.id = id;
            this.method = method;
            this.wanted = !QUIET.contains(method) || log.isDebugEnabled();
        }

        void received(Object message) {
            requestBytes += size(message);
            CallSubject.describe(message, subject);
        }

        void sent(Object message) {
            if (wanted) {
                responseBytes += size(message);
                CallSubject.describe(message, subject);
            }
        }

        void close(Status status) {
            if (closed) {
                return;
            }
            closed = true;
            Level level = level(status);
            if (!log.isEnabledForLevel(level)) {
                return;
            }
            StringBuilder text = new StringBuilder(200)
                    .append("call: call=")
                    .append(id)
                    .append(" method=")
                    .append(method)
                    .append(" duration_ms=")
                    .append(String.format(Locale.ROOT, "%.1f", (System.nanoTime() - startNanos) / 1e6))
                    .append(" status=")
                    .append(status.getCode());
            subject.forEach(
                    (key, value) -> text.append(' ').append(key).append('=').append(quote(value)));
            text.append(" request_bytes=")
                    .append(requestBytes)
                    .append(" response_bytes=")
                    .append(responseBytes);
            if (status.getDescription() != null) {
                text.append(" error=").append(quote(status.getDescription()));
            }
            MDC.remove(CALL_KEY);
            log.atLevel(level).log(text.toString());
        }

        private Level level(Status status) {
            return switch (status.getCode()) {
                case OK -> QUIET.contains(method) ? Level.DEBUG : Level.INFO;
                case INTERNAL, DATA_LOSS -> Level.ERROR;
                default -> Level.INFO;
            };
        }

        private static int size(Object message) {
            return message instanceof MessageLite m ? m.getSerializedSize() : 0;
        }

        private static String quote(String value) {
            boolean plain = !value.isEmpty()
                    && value.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\');
            return plain
                    ? value
                    : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
        }
    }
}
