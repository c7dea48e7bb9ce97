/**
 * CRI over gRPC: the server on its Unix socket ({@link io.gantry.cri.grpc.CriServer}), what happens around every call
 * (readiness, cancellation, log line), how a call is answered ({@link io.gantry.cri.grpc.Calls}) and how a failure becomes
 * a gRPC status ({@link io.gantry.cri.grpc.StatusMapping}). Nothing here knows what a pod or an image is.
 */
@NullMarked
package io.gantry.cri.grpc;

import org.jspecify.annotations.NullMarked;
