package io.gantry.pod.testing;

import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Plugins that change nothing and note what they are told, by the names of pods and containers. */
public class RecordingPlugins implements PodPlugins {
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final AtomicInteger admissions = new AtomicInteger();

    /** Such as {@code "stopPodSandbox web"}. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    /** How many admissions are held. */
    public int admissions() {
        return admissions.get();
    }

    protected void note(String verb, PodSandbox sandbox) throws InterruptedException {
        calls.add(verb + " " + sandbox.config().metadata().name());
    }

    protected void note(String verb, Container container) {
        calls.add(verb + " " + container.config().metadata().name());
    }

    @Override
    public boolean present() {
        return true;
    }

    @Override
    public Admission admit() {
        admissions.incrementAndGet();
        return admissions::decrementAndGet;
    }

    @Override
    public void runPodSandbox(PodSandbox sandbox) throws InterruptedException {
        note("runPodSandbox", sandbox);
    }

    @Override
    public void stopPodSandbox(PodSandbox sandbox) throws InterruptedException {
        note("stopPodSandbox", sandbox);
    }

    @Override
    public void removePodSandbox(PodSandbox sandbox) throws InterruptedException {
        note("removePodSandbox", sandbox);
    }

    @Override
    public void updatePodSandbox(
            PodSandbox sandbox, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException {
        note("updatePodSandbox", sandbox);
    }

    @Override
    public void postUpdatePodSandbox(PodSandbox sandbox) throws InterruptedException {
        note("postUpdatePodSandbox", sandbox);
    }

    @Override
    public List<String> createContainer(PodSandbox sandbox, Container container, ObjectNode spec) {
        note("createContainer", container);
        return List.of();
    }

    @Override
    public void postCreateContainer(PodSandbox sandbox, Container container) {
        note("postCreateContainer", container);
    }

    @Override
    public void startContainer(PodSandbox sandbox, Container container) {
        note("startContainer", container);
    }

    @Override
    public void postStartContainer(PodSandbox sandbox, Container container) {
        note("postStartContainer", container);
    }

    @Override
    public ResourceChange updateContainer(PodSandbox sandbox, Container container, LinuxResources change) {
        note("updateContainer", container);
        return ResourceChange.of(change);
    }

    @Override
    public void postUpdateContainer(PodSandbox sandbox, Container container) {
        note("postUpdateContainer", container);
    }

    @Override
    public void stopContainer(PodSandbox sandbox, Container container) {
        note("stopContainer", container);
    }

    @Override
    public void removeContainer(PodSandbox sandbox, Container container) {
        note("removeContainer", container);
    }
}
