package io.gantry.image.registry;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes one error of what all endpoints of a registry answered. */
final class PullFailure {
    /** The kubelet looks for this at the start of the message and then reports the registry, not the image. */
    static final String UNAVAILABLE_REASON = "RegistryUnavailable";

    private PullFailure() {}

    /**
     * @param action {@code "pull image docker.io/library/busybox:1"}
     * @param registry registry of the image's name
     * @param failures last failure of each endpoint that was asked, in order
     * @param upstream failure of the registry itself, null when it was not asked
     */
    static GantryException of(String action, String registry, List<Failure> failures, @Nullable Failure upstream) {
        if (failures.isEmpty()) {
            return GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            "no endpoint of " + registry + " may be asked for this")
                    .withRemedy("add pull and resolve to the capabilities in hosts.toml");
        }
        boolean network = failures.stream().allMatch(failure -> failure.cause().isNetwork());
        Failure.Cause cause = network ? Failure.Cause.UNREACHABLE : decisive(failures, upstream);
        String details = failures.stream()
                .map(failure -> failure.where() + ": " + failure.text())
                .collect(Collectors.joining("; "));
        String problem = failures.size() == 1 ? details : "all " + failures.size() + " endpoints failed: " + details;
        GantryException failure =
                GantryException.of(kind(cause), action, problem).withRemedy(remedy(cause, registry));
        return network ? failure.withReason(UNAVAILABLE_REASON) : failure;
    }

    /** The registry's own clear word counts; else the clearest of the others. */
    private static Failure.Cause decisive(List<Failure> failures, @Nullable Failure upstream) {
        if (upstream != null
                && !upstream.cause().isRetryable()
                && !upstream.cause().isNetwork()) {
            return upstream.cause();
        }
        List<Failure.Cause> causes = failures.stream().map(Failure::cause).toList();
        for (Failure.Cause candidate : List.of(
                Failure.Cause.UNAUTHENTICATED,
                Failure.Cause.FORBIDDEN,
                Failure.Cause.BAD_CONTENT,
                Failure.Cause.MISCONFIGURED)) {
            if (causes.contains(candidate)) {
                return candidate;
            }
        }
        if (causes.stream().allMatch(Failure.Cause.NOT_FOUND::equals)) {
            return Failure.Cause.NOT_FOUND;
        }
        return upstream == null ? causes.getLast() : upstream.cause();
    }

    private static ErrorKind kind(Failure.Cause cause) {
        return switch (cause) {
            case UNREACHABLE, TLS, BROKEN, THROTTLED, SERVER_ERROR -> ErrorKind.UNAVAILABLE;
            case UNAUTHENTICATED -> ErrorKind.UNAUTHENTICATED;
            case FORBIDDEN -> ErrorKind.PERMISSION_DENIED;
            case NOT_FOUND -> ErrorKind.NOT_FOUND;
            case BAD_CONTENT -> ErrorKind.DATA_LOSS;
            case REFUSED, MISCONFIGURED -> ErrorKind.FAILED_PRECONDITION;
        };
    }

    private static String remedy(Failure.Cause cause, String registry) {
        return switch (cause) {
            case UNREACHABLE, TLS, BROKEN ->
                "check that this node reaches the registry (names, proxy, firewall), or name a mirror in hosts.toml";
            case THROTTLED -> "wait, or give credentials with a higher limit";
            case SERVER_ERROR -> "try again later, or name a mirror in hosts.toml";
            case UNAUTHENTICATED, FORBIDDEN ->
                "check the name of the image and the credentials for " + registry + " (imagePullSecrets)";
            case NOT_FOUND -> "check the name and the tag of the image";
            case BAD_CONTENT -> "try again; if it stays so, the registry's or mirror's content is damaged";
            case REFUSED, MISCONFIGURED -> "check the registry's address and hosts.toml";
        };
    }
}
