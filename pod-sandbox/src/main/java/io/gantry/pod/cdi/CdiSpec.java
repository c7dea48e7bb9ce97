package io.gantry.pod.cdi;

import java.util.Map;

/**
 * One specification file.
 *
 * @param kind vendor and class of its devices
 * @param edits what changes in a container that gets any of them
 * @param devices what changes for each, by name
 */
record CdiSpec(String kind, CdiEdits edits, Map<String, CdiEdits> devices) {
    CdiSpec {
        devices = Map.copyOf(devices);
    }
}
