package io.gantry.pod.stats;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counters of one network interface, since it was made.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_net.5.html">proc_pid_net(5)</a>
 */
public record NetworkInterface(
        String name,
        long rxBytes,
        long rxPackets,
        long rxErrors,
        long rxDropped,
        long txBytes,
        long txPackets,
        long txErrors,
        long txDropped) {
    /** The interface that CNI plugins make in a pod. */
    public static final String POD_INTERFACE = "eth0";

    /** Reads {@code /proc/PID/net/dev}; the loopback interface is left out. */
    static List<NetworkInterface> parse(@Nullable String text) {
        List<NetworkInterface> interfaces = new ArrayList<>();
        if (text == null) {
            return interfaces;
        }
        for (String line : text.split("\n", -1)) {
            int colon = line.lastIndexOf(':');
            if (colon < 0) {
                continue; // the two lines of the heading
            }
            String name = line.substring(0, colon).strip();
            String[] fields = line.substring(colon + 1).strip().split(" +", -1);
            if (name.equals("lo") || fields.length < 16) {
                continue;
            }
            interfaces.add(new NetworkInterface(
                    name,
                    count(fields[0]),
                    count(fields[1]),
                    count(fields[2]),
                    count(fields[3]),
                    count(fields[8]),
                    count(fields[9]),
                    count(fields[10]),
                    count(fields[11])));
        }
        return interfaces;
    }

    private static long count(String field) {
        return KernelText.number(field).orElse(0);
    }
}
