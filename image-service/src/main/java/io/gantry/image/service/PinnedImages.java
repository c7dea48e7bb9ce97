package io.gantry.image.service;

import io.gantry.image.record.ImageRecord;
import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;

/**
 * Images that the kubelet's garbage collection should leave alone. A pattern is a name ({@code registry.k8s.io/pause:3.10}),
 * the beginning of one ({@code registry.k8s.io/*}) or a part of one ({@code *pause*}).
 */
final class PinnedImages {
    private final List<String> patterns;

    PinnedImages(List<String> patterns) {
        this.patterns = List.copyOf(patterns);
    }

    boolean matches(ImageRecord record) {
        if (patterns.isEmpty()) {
            return false;
        }
        List<String> names = new ArrayList<>(record.repoTags());
        names.addAll(record.repoDigests());
        return names.stream().anyMatch(this::matches);
    }

    private boolean matches(String name) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, name));
    }

    private static boolean matches(String pattern, String name) {
        if (pattern.length() > 1 && pattern.startsWith("*") && pattern.endsWith("*")) {
            return name.contains(pattern.substring(1, pattern.length() - 1));
        }
        if (pattern.endsWith("*")) {
            return name.startsWith(pattern.substring(0, pattern.length() - 1));
        }
        try {
            return name.equals(pattern)
                    || name.equals(ImageReference.parse(pattern).canonical());
        } catch (GantryException _) {
            return false;
        }
    }
}
