package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.cri.nri.proto.KeyValue;
import io.gantry.cri.nri.proto.LinuxContainerAdjustment;
import io.gantry.cri.nri.proto.LinuxDevice;
import io.gantry.cri.nri.proto.Mount;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What all plugins together want of one container, for those that judge it. */
final class MergedAdjustment {
    private final ContainerAdjustment.Builder merged = ContainerAdjustment.newBuilder();

    /** Adds what a later plugin wants, which replaces the same of earlier ones. */
    void add(ContainerAdjustment next) {
        keepOthers(next);
        merged.mergeFrom(next);
    }

    /** Lists would otherwise hold both what was replaced and what replaces it. */
    private void keepOthers(ContainerAdjustment next) {
        List<Mount> mounts = others(merged.getMountsList(), next.getMountsList(), Mount::getDestination);
        merged.clearMounts().addAllMounts(mounts);
        List<KeyValue> env = others(merged.getEnvList(), next.getEnvList(), KeyValue::getKey);
        merged.clearEnv().addAllEnv(env);
        if (next.getArgsCount() > 0) {
            merged.clearArgs();
        }
        next.getAnnotationsMap().keySet().forEach(key -> Names.removal(key).ifPresent(merged::removeAnnotations));
        if (next.hasLinux()) {
            LinuxContainerAdjustment.Builder linux = merged.getLinuxBuilder();
            List<LinuxDevice> devices =
                    others(linux.getDevicesList(), next.getLinux().getDevicesList(), LinuxDevice::getPath);
            linux.clearDevices().addAllDevices(devices);
            next.getLinux()
                    .getSysctlMap()
                    .keySet()
                    .forEach(key -> Names.removal(key).ifPresent(linux::removeSysctl));
            if (next.getLinux().hasSeccompPolicy()) {
                linux.clearSeccompPolicy();
            }
            if (next.getLinux().getRdt().getRemove()) {
                linux.clearRdt();
            }
        }
    }

    private static <T> List<T> others(List<T> existing, List<T> next, Function<T, String> key) {
        Set<String> replaced = new HashSet<>();
        next.forEach(element -> replaced.add(Names.plain(key.apply(element))));
        return existing.stream()
                .filter(element -> !replaced.contains(key.apply(element)))
                .toList();
    }

    ContainerAdjustment toMessage() {
        return merged.build();
    }
}
