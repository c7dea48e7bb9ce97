package io.gantry.pod.sandbox;

import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.ProcessScan;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodPaths;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is left of a sandbox that no record knows: its pause process, which is found by the sandbox's cgroup, and its files
 * and mounts. The network is given back by the collection of networks.
 */
final class OrphanSandbox {
    private static final Logger log = LoggerFactory.getLogger(OrphanSandbox.class);

    private final PodPaths paths;
    private final Cgroups cgroups;
    private final Mounts mounts;

    OrphanSandbox(PodPaths paths, Cgroups cgroups, Mounts mounts) {
        this.paths = paths;
        this.cgroups = cgroups;
        this.mounts = mounts;
    }

    void remove(String id) throws InterruptedException {
        if (Ids.isId(id)) {
            for (String cgroup : cgroupsOf(id)) {
                log.warn("pause process of an unknown sandbox is ended: sandbox={} cgroup={}", id, cgroup);
                cgroups.killAll(cgroup);
                cgroups.remove(cgroup);
            }
        }
        int unused = mounts.unmountAll(paths.sandbox(id));
        Trees.delete(paths.sandbox(id));
    }

    /** The cgroups with the id in their name that have a process, as paths below the mount points. */
    private Set<String> cgroupsOf(String id) {
        Set<String> found = new LinkedHashSet<>();
        try {
            for (int pid : ProcessScan.pids()) {
                ProcessScan.text(pid, "cgroup")
                        .lines()
                        .filter(line -> line.contains(id))
                        .forEach(line -> add(line, id, found));
            }
        } catch (IOException e) {
            log.warn("cannot look for processes of sandbox {}: {}", id, e.toString());
        }
        return found;
    }

    /**
     * Lines have the form "id:controllers:path" (cgroups(7)). A daemon in a container may see its own cgroup before the path
     * that it used itself.
     */
    private void add(String line, String id, Set<String> found) {
        String path = line.substring(line.indexOf(':', line.indexOf(':') + 1) + 1);
        int end = path.indexOf('/', path.indexOf(id));
        String own = end < 0 ? path : path.substring(0, end);
        for (int begin = 0; begin >= 0; begin = own.indexOf('/', begin + 1)) {
            String candidate = own.substring(begin);
            if (candidate.contains(id) && cgroups.exists(candidate)) {
                found.add(candidate);
                return;
            }
        }
    }
}
