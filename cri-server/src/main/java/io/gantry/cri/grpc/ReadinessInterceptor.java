package io.gantry.cri.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/** Refuses calls with UNAVAILABLE before recovery has ended and after a stop was asked for. */
final class ReadinessInterceptor implements ServerInterceptor {
    private final Readiness readiness;

    ReadinessInterceptor(Readiness readiness) {
        this.readiness = readiness;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return switch (readiness.phase()) {
            case READY -> next.startCall(call, headers);
            case STARTING -> refuse(call, "is still recovering its records; try again");
            case STOPPING -> refuse(call, "is stopping; try again when it was started anew");
        };
    }

    private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, String why) {
        String method = call.getMethodDescriptor().getBareMethodName();
        call.close(Status.UNAVAILABLE.withDescription(method + ": gantry " + why), new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
