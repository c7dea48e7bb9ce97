package io.gantry.pod.cdi;

import io.gantry.pod.config.ContainerConfig;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeMap;

/** Which devices a container asks for: in the field for it, and in annotations, as device plugins do. */
public final class CdiRequests {
    /** Annotations that begin so have a list of device names, separated by commas. */
    public static final String ANNOTATION_PREFIX = "cdi.k8s.io/";

    private CdiRequests() {}

    /** Names as they are written, each once, those of the field first. */
    public static Set<String> of(ContainerConfig config) {
        Set<String> names = new LinkedHashSet<>(config.cdiDevices());
        new TreeMap<>(config.annotations()).forEach((key, value) -> {
            if (key.startsWith(ANNOTATION_PREFIX)) {
                for (String name : value.split(",", -1)) {
                    names.add(name.strip());
                }
            }
        });
        return names;
    }
}
