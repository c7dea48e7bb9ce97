package io.gantry.cri.grpc;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Function;

/** How an endpoint method answers: it computes on the call's own thread, and a failure becomes the call's status. */
public final class Calls {
    /** Items in one message of a streamed list: few enough that a message stays far below the limit of 16 MiB. */
    static final int ITEMS_PER_MESSAGE = 100;

    /** What an endpoint method does: translate, delegate, translate. */
    @FunctionalInterface
    public interface Body<T> {
        T run() throws InterruptedException;
    }

    private Calls() {}

    /** Answers a unary call with what {@code body} returns. */
    public static <T> void answer(StreamObserver<T> client, Body<T> body) {
        T response;
        try {
            response = body.run();
        } catch (Throwable failure) {
            client.onError(StatusMapping.status(failure).asRuntimeException());
            return;
        }
        client.onNext(response);
        client.onCompleted();
    }

    /** What sends messages until the call is over; it ends by an exception or an interruption, or else well. */
    @FunctionalInterface
    public interface Feed {
        void run() throws InterruptedException;
    }

    /** Answers a streamed call with what {@code feed} sends to the client itself. */
    public static void feed(StreamObserver<?> client, Feed feed) {
        try {
            feed.run();
        } catch (Throwable failure) {
            client.onError(StatusMapping.status(failure).asRuntimeException());
            return;
        }
        client.onCompleted();
    }

    /**
     * Answers a streamed list: every item in exactly one message, no message without an item, then the end.
     *
     * @param message wraps some items in a message
     */
    public static <I, T> void stream(StreamObserver<T> client, Body<List<I>> body, Function<List<I>, T> message) {
        try {
            List<I> items = body.run();
            for (int from = 0; from < items.size(); from += ITEMS_PER_MESSAGE) {
                client.onNext(message.apply(items.subList(from, Math.min(from + ITEMS_PER_MESSAGE, items.size()))));
            }
        } catch (Throwable failure) {
            client.onError(StatusMapping.status(failure).asRuntimeException());
            return;
        }
        client.onCompleted();
    }
}
