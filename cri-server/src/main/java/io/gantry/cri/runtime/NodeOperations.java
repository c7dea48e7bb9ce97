package io.gantry.cri.runtime;

import io.gantry.cri.translate.NodeStatus;
import java.util.Map;

/** What RuntimeService needs to know of the daemon and its node. */
public interface NodeOperations {
    /** Gantry's version. */
    String version();

    /** Conditions and handlers, from what is known already: never waits, never runs a program. */
    NodeStatus status();

    /** Further facts for people, each value in JSON. */
    Map<String, String> verboseInfo();

    /** Whether cgroups are made by systemd; the same for the life of the daemon. */
    boolean usesSystemdCgroups();
}
