package io.gantry.cri.grpc;

import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;

/**
 * Interrupts the thread of a call when the client cancels it, goes away, or the call's deadline passes. The thread that
 * answers is a virtual thread of that call alone, so an interrupt cannot hit anything else; it is taken back when it comes
 * too late.
 */
final class CancellationInterceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            @Override
            public void onHalfClose() {
                Context context = Context.current();
                if (context.isCancelled()) {
                    throw new StatusRuntimeException(StatusMapping.interrupted());
                }
                CallThread thread = new CallThread(Thread.currentThread());
                context.addListener(thread, Runnable::run);
                try {
                    super.onHalfClose();
                } finally {
                    context.removeListener(thread);
                    thread.finish();
                }
            }
        };
    }

    /** The thread of one call, interrupted at most once and never after its call is over. */
    private static final class CallThread implements Context.CancellationListener {
        private final Thread thread;
        private boolean over;

        CallThread(Thread thread) {
            this.thread = thread;
        }

        @Override
        public synchronized void cancelled(Context context) {
            // A context also ends when its call was answered; then it has no cause.
            if (!over && context.cancellationCause() != null) {
                over = true;
                thread.interrupt();
            }
        }

        /** Called on the thread itself. */
        synchronized void finish() {
            over = true;
            Thread.interrupted();
        }
    }
}
