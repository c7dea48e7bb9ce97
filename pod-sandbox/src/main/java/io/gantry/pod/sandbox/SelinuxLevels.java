package io.gantry.pod.sandbox;

import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SelinuxOptions;
import io.gantry.pod.state.PodSandbox;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The SELinux level of a pod: that asked for, else one with two categories that no other pod has, so that pods of one type
 * cannot touch each other's files (multi-category security).
 */
final class SelinuxLevels {
    /** Categories of the policies that distributions ship: c0 to c1023. */
    private static final int CATEGORIES = 1024;

    private static final RandomGenerator RANDOM = new SecureRandom();

    private SelinuxLevels() {}

    static String choose(PodSandboxConfig config, Collection<PodSandbox> others) {
        return choose(config, others, RANDOM);
    }

    static String choose(PodSandboxConfig config, Collection<PodSandbox> others, RandomGenerator random) {
        SelinuxOptions options = config.security().selinux();
        if (options != null && !options.level().isEmpty()) {
            return options.level();
        }
        Set<String> taken = others.stream().map(PodSandbox::selinuxLevel).collect(Collectors.toSet());
        String level;
        do {
            int first = random.nextInt(CATEGORIES - 1);
            int second = random.nextInt(first + 1, CATEGORIES);
            level = "s0:c" + first + ",c" + second;
        } while (taken.contains(level));
        return level;
    }
}
