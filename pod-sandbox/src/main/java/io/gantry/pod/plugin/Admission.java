package io.gantry.pod.plugin;

/**
 * Held while a pod or container comes into being: until it is closed, no plugin is told what exists. Whatever a new plugin
 * is not told of then it is asked about. To be closed by the thread that was given it.
 */
@FunctionalInterface
public interface Admission extends AutoCloseable {
    @Override
    void close();
}
