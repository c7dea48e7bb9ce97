package io.gantry.cri.translate;

import io.gantry.cri.v1.UpdateRuntimeConfigRequest;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the kubelet tells of the pod network. */
public final class NetworkMessages {
    private static final Checks CHECKS = new Checks("update runtime configuration");
    private static final String FIELD = "runtime_config.network_config.pod_cidr";
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final Pattern LENGTH = Pattern.compile("0|[1-9]\\d{0,2}");

    private NetworkMessages() {}

    /**
     * The node's ranges of pod addresses: none, one, or one of each family with a comma between.
     *
     * @throws io.gantry.platform.error.GantryException INVALID_ARGUMENT for what is no range
     */
    public static List<String> podCidrs(UpdateRuntimeConfigRequest request) {
        String text = request.getRuntimeConfig().getNetworkConfig().getPodCidr();
        if (text.isEmpty()) {
            return List.of();
        }
        List<String> ranges = new ArrayList<>();
        for (String range : text.split(",", -1)) {
            CHECKS.require(
                    isRange(range.strip()), FIELD, "is not like \"10.1.0.0/24\" or \"fd00::/64\": \"" + range + "\"");
            ranges.add(range.strip());
        }
        return List.copyOf(ranges);
    }

    private static boolean isRange(String range) {
        int slash = range.indexOf('/');
        if (slash < 0 || !LENGTH.matcher(range.substring(slash + 1)).matches()) {
            return false;
        }
        String address = range.substring(0, slash);
        boolean four = IPV4.matcher(address).matches();
        if (!four && !IPV6.matcher(address).matches()) {
            return false;
        }
        try {
            var unused = InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException _) {
            return false;
        }
        return Integer.parseInt(range.substring(slash + 1)) <= (four ? 32 : 128);
    }
}
