package io.gantry.cri.runtime;

import io.gantry.cri.translate.NodeStatus;
import java.util.Map;

/** What RuntimeService needs to know of the daemon and its node. */
public interface NodeOperations {
    /** Gantry's version. */
    String version();

    /** Conditions and handlers, from what is known already; waits only while handlers are probed for the first time. */
    NodeStatus status() throws InterruptedException;

    /** Further facts for people, each value in JSON. */
    Map<String, String> verboseInfo();

    /** Whether cgroups are made by systemd; the same for the life of the daemon. */
    boolean usesSystemdCgroups();
}
