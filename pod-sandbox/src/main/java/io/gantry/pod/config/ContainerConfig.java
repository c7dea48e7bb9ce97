package io.gantry.pod.config;

import java.util.List;
import java.util.Map;

/**
 * A container as asked for (api.proto ContainerConfig).
 *
 * @param command replaces the image's entrypoint when not empty
 * @param args replaces the image's command when not empty
 * @param logPath relative to the sandbox's log directory, or empty for no log
 * @param cdiDevices fully qualified CDI device names
 * @param stopSignal signal name such as SIGTERM, or empty for the image's own
 */
public record ContainerConfig(
        ContainerMetadata metadata,
        ImageSpec image,
        List<String> command,
        List<String> args,
        String workingDirectory,
        List<KeyValue> environment,
        List<ContainerMount> mounts,
        List<ContainerDevice> devices,
        Map<String, String> labels,
        Map<String, String> annotations,
        String logPath,
        boolean stdin,
        boolean stdinOnce,
        boolean tty,
        LinuxResources resources,
        ContainerSecurity security,
        List<String> cdiDevices,
        String stopSignal) {
    public ContainerConfig {
        command = List.copyOf(command);
        args = List.copyOf(args);
        environment = List.copyOf(environment);
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        cdiDevices = List.copyOf(cdiDevices);
    }

    public ContainerConfig withMounts(List<ContainerMount> newMounts) {
        return new ContainerConfig(
                metadata,
                image,
                command,
                args,
                workingDirectory,
                environment,
                newMounts,
                devices,
                labels,
                annotations,
                logPath,
                stdin,
                stdinOnce,
                tty,
                resources,
                security,
                cdiDevices,
                stopSignal);
    }

    public ContainerConfig withImage(ImageSpec newImage) {
        return new ContainerConfig(
                metadata,
                newImage,
                command,
                args,
                workingDirectory,
                environment,
                mounts,
                devices,
                labels,
                annotations,
                logPath,
                stdin,
                stdinOnce,
                tty,
                resources,
                security,
                cdiDevices,
                stopSignal);
    }
}
