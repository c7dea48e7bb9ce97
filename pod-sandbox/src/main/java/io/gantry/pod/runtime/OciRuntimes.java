package io.gantry.pod.runtime;

import io.gantry.platform.process.ProcessRunner;
import io.gantry.pod.cgroup.CgroupDriver;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The OCI runtime of each handler, made when it is first used. */
public final class OciRuntimes {
    private final RuntimeHandlers handlers;
    private final CgroupDriver driver;
    private final ProcessRunner processes;
    private final Path scratch;
    private final Path reaper;
    private final Map<String, OciRuntime> runtimes = new ConcurrentHashMap<>();

    /**
     * @param scratch directory for files of running execs
     * @param reaper {@code gantry-pause}, see {@link OciRuntime}
     */
    public OciRuntimes(
            RuntimeHandlers handlers, CgroupDriver driver, ProcessRunner processes, Path scratch, Path reaper) {
        this.reaper = reaper;
        this.handlers = handlers;
        this.driver = driver;
        this.processes = processes;
        this.scratch = scratch;
    }

    /**
     * The runtime of a handler.
     *
     * @throws io.gantry.platform.error.GantryException see {@link RuntimeHandlers#require}
     */
    public OciRuntime of(String handler) throws InterruptedException {
        OciRuntime known = runtimes.get(handler);
        if (known != null) {
            return known;
        }
        RuntimeHandler found = handlers.require(handler);
        return runtimes.computeIfAbsent(
                found.name(), name -> new OciRuntime(found, driver, processes, scratch, reaper));
    }
}
