package io.gantry.pod.cgroup;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import java.util.Locale;

/** Who makes the cgroups of containers. The kubelet has to use the same one. */
public enum CgroupDriver {
    /** The OCI runtime makes directories in the cgroup file system. */
    CGROUPFS,
    /** The OCI runtime asks systemd for a transient scope. */
    SYSTEMD;

    /**
     * The driver of this host.
     *
     * @param configured {@code cgroupfs}, {@code systemd}, or empty: systemd where it is PID 1 on cgroup v2, else cgroupfs
     * @throws GantryException INVALID_ARGUMENT for another name, FAILED_PRECONDITION for systemd where it is not PID 1
     */
    public static CgroupDriver choose(String configured, HostFacts host) {
        return switch (configured.toLowerCase(Locale.ROOT)) {
            case "" -> host.systemd() && host.cgroupMode() == CgroupMode.V2 ? SYSTEMD : CGROUPFS;
            case "cgroupfs" -> CGROUPFS;
            case "systemd" -> {
                if (!host.systemd()) {
                    throw GantryException.of(
                                    ErrorKind.FAILED_PRECONDITION,
                                    "use cgroup driver systemd",
                                    "systemd is not PID 1 on this host")
                            .withRemedy("set cgroup_driver to \"cgroupfs\", here and in the kubelet's configuration");
                }
                yield SYSTEMD;
            }
            default ->
                throw GantryException.of(
                                ErrorKind.INVALID_ARGUMENT,
                                "choose the cgroup driver",
                                "unknown driver '" + configured + "'")
                        .withRemedy("set cgroup_driver to \"systemd\", \"cgroupfs\" or \"\"");
        };
    }
}
