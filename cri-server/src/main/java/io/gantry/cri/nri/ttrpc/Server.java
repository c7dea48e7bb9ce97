package io.gantry.cri.nri.ttrpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.gantry.cri.nri.proto.Request;
import io.gantry.cri.nri.proto.Response;
import io.gantry.cri.nri.proto.Status;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;

/** Answers calls on one connection of a {@link Mux}, each on a thread of its own, a bounded number at the same time. */
public final class Server {
    private static final int MAX_CALLS = 16;

    /** One method. */
    public interface Method {
        ByteString call(ByteString request)
                throws StatusException, InvalidProtocolBufferException, InterruptedException;

        /** Called once a call that succeeded has its answer on the way: what is sent from now on comes after it. */
        default void answered() {}
    }

    private final Mux mux;
    private final int connection;
    private final String service;
    private final Map<String, Method> methods;
    private final FrameReader reader = new FrameReader();
    private final Semaphore free = new Semaphore(MAX_CALLS);

    public Server(Mux mux, int connection, String service, Map<String, Method> methods) {
        this.mux = mux;
        this.connection = connection;
        this.service = service;
        this.methods = Map.copyOf(methods);
        mux.listen(connection, this::received);
    }

    private void received(byte[] bytes) throws IOException {
        for (Frame frame : reader.feed(bytes)) {
            if (frame.type() != Frame.REQUEST) {
                throw new IOException("a frame of type " + frame.type() + " came in place of a call");
            }
            Request request;
            try {
                request = Request.parseFrom(frame.payload());
            } catch (InvalidProtocolBufferException e) {
                throw new IOException("a call cannot be read: " + e.getMessage(), e);
            }
            if (!free.tryAcquire()) {
                answer(
                        frame.stream(),
                        failure(StatusException.RESOURCE_EXHAUSTED, "more than " + MAX_CALLS + " calls at once"));
                continue;
            }
            var unused = Thread.ofVirtual().name("nri-call").start(() -> {
                try {
                    handle(frame.stream(), request);
                } catch (IOException e) {
                    mux.close("an answer cannot be sent: " + e.getMessage());
                } finally {
                    free.release();
                }
            });
        }
    }

    private void handle(int stream, Request request) throws IOException {
        Method method = request.getService().equals(service) ? methods.get(request.getMethod()) : null;
        if (method == null) {
            answer(
                    stream,
                    failure(
                            StatusException.UNIMPLEMENTED,
                            "there is no method " + request.getService() + "/" + request.getMethod()));
            return;
        }
        Response response = call(method, request);
        answer(stream, response);
        if (response.getStatus().getCode() == 0) {
            method.answered();
        }
    }

    private static Response call(Method method, Request request) {
        try {
            return Response.newBuilder()
                    .setStatus(Status.getDefaultInstance())
                    .setPayload(method.call(request.getPayload()))
                    .build();
        } catch (StatusException e) {
            return failure(e.code(), String.valueOf(e.getMessage()));
        } catch (InvalidProtocolBufferException e) {
            return failure(StatusException.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            return failure(StatusException.UNKNOWN, "interrupted");
        } catch (RuntimeException e) {
            return failure(StatusException.INTERNAL, String.valueOf(e.getMessage()));
        }
    }

    private void answer(int stream, Response response) throws IOException {
        mux.send(connection, new Frame(stream, Frame.RESPONSE, response.toByteArray()).encode());
    }

    private static Response failure(int code, String message) {
        return Response.newBuilder()
                .setStatus(Status.newBuilder().setCode(code).setMessage(message))
                .build();
    }
}
