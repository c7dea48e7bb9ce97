package io.gantry.cri.nri.ttrpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.gantry.cri.nri.proto.Request;
import io.gantry.cri.nri.proto.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes calls on one connection of a {@link Mux}; many at the same time. */
public final class Client {
    private final Mux mux;
    private final int connection;
    private final FrameReader reader = new FrameReader();
    private final AtomicInteger lastStream = new AtomicInteger(-1);
    private final Map<Integer, CompletableFuture<Response>> calls = new ConcurrentHashMap<>();

    public Client(Mux mux, int connection) {
        this.mux = mux;
        this.connection = connection;
        mux.listen(connection, this::received);
    }

    /**
     * Calls and waits for the answer.
     *
     * @throws StatusException when the answer is an error, or the request is longer than a frame can be
     * @throws TimeoutException when there is no answer in time; one that comes later is dropped
     * @throws IOException when the connection is lost
     */
    public ByteString call(String service, String method, ByteString payload, Duration timeout)
            throws StatusException, TimeoutException, IOException, InterruptedException {
        byte[] request = Request.newBuilder()
                .setService(service)
                .setMethod(method)
                .setPayload(payload)
                .setTimeoutNano(timeout.toNanos())
                .build()
                .toByteArray();
        if (request.length > Frame.MAX_PAYLOAD) {
            throw new StatusException(
                    StatusException.RESOURCE_EXHAUSTED,
                    "the request has " + request.length + " bytes, " + Frame.MAX_PAYLOAD + " are allowed");
        }
        int stream = lastStream.addAndGet(2);
        CompletableFuture<Response> answer = new CompletableFuture<>();
        calls.put(stream, answer);
        try {
            mux.send(connection, new Frame(stream, Frame.REQUEST, request).encode());
            if (mux.isClosed()) {
                throw new IOException("the connection was closed");
            }
            Response response = answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (response.getStatus().getCode() != 0) {
                throw new StatusException(
                        response.getStatus().getCode(), response.getStatus().getMessage());
            }
            return response.getPayload();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause() == null ? "lost" : e.getCause().getMessage(), e);
        } finally {
            calls.remove(stream);
        }
    }

    private void received(byte[] bytes) throws IOException {
        for (Frame frame : reader.feed(bytes)) {
            if (frame.type() != Frame.RESPONSE) {
                throw new IOException("a frame of type " + frame.type() + " came in place of an answer");
            }
            CompletableFuture<Response> answer = calls.get(frame.stream());
            if (answer != null) {
                try {
                    answer.complete(Response.parseFrom(frame.payload()));
                } catch (InvalidProtocolBufferException e) {
                    throw new IOException("an answer cannot be read: " + e.getMessage(), e);
                }
            }
        }
    }

    /** The connection is lost: nobody waits for answers any more. */
    public void lost(String reason) {
        calls.values().forEach(call -> call.completeExceptionally(new IOException(reason)));
    }
}
