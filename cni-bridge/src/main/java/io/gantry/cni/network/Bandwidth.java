package io.gantry.cni.network;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The limits that a pod's annotations put on its traffic.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/">Support
 *     traffic shaping</a>
 */
final class Bandwidth {
    private static final String INGRESS = "kubernetes.io/ingress-bandwidth";
    private static final String EGRESS = "kubernetes.io/egress-bandwidth";
    private static final BigInteger LEAST = BigInteger.valueOf(1_000);
    private static final BigInteger MOST = BigInteger.TEN.pow(15);
    /** In bits; the plugin wants one, and Kubernetes has none: the largest that every version of the plugin takes. */
    private static final int BURST = Integer.MAX_VALUE;

    private Bandwidth() {}

    /**
     * The value of the capability {@code bandwidth}, in bits per second; empty when the pod has no such annotation.
     *
     * @throws GantryException INVALID_ARGUMENT when an annotation is not an amount between 1k and 1P
     */
    static Optional<ObjectNode> of(Map<String, String> annotations, String action) {
        ObjectNode limits = JsonNodeFactory.instance.objectNode();
        limit(limits, "ingress", INGRESS, annotations.get(INGRESS), action);
        limit(limits, "egress", EGRESS, annotations.get(EGRESS), action);
        return limits.isEmpty() ? Optional.empty() : Optional.of(limits);
    }

    private static void limit(
            ObjectNode limits, String direction, String annotation, @Nullable String text, String action) {
        if (text == null) {
            return;
        }
        BigInteger rate;
        try {
            rate = Quantity.parse(text);
        } catch (NumberFormatException e) {
            throw invalid(action, annotation, text, "is not a quantity");
        }
        if (rate.compareTo(LEAST) < 0 || rate.compareTo(MOST) > 0) {
            throw invalid(action, annotation, text, "is not between 1k and 1P bits per second");
        }
        limits.put(direction + "Rate", rate.longValueExact());
        limits.put(direction + "Burst", BURST);
    }

    private static GantryException invalid(String action, String annotation, String text, String problem) {
        return GantryException.of(
                        ErrorKind.INVALID_ARGUMENT, action, "annotation " + annotation + " \"" + text + "\" " + problem)
                .withRemedy("write bits per second, 10M for one");
    }
}
