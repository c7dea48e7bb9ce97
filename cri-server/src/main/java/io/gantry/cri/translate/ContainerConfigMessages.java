package io.gantry.cri.translate;

import com.google.protobuf.ByteString;
import io.gantry.cri.v1.CDIDevice;
import io.gantry.cri.v1.Device;
import io.gantry.cri.v1.LinuxContainerConfig;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMetadata;
import io.gantry.pod.config.KeyValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The config of a container. */
final class ContainerConfigMessages {
    private static final Pattern DEVICE_PERMISSIONS = Pattern.compile("[rwm]{1,3}");

    private ContainerConfigMessages() {}

    static ContainerConfig config(io.gantry.cri.v1.ContainerConfig message, Checks checks, String field) {
        checks.require(message.hasMetadata(), field + ".metadata", "is missing");
        checks.require(message.hasImage(), field + ".image", "is missing");
        checks.notEmpty(message.getImage().getImage(), field + ".image.image");
        checks.require(!message.hasWindows(), field + ".windows", "is set, but this is a Linux node");
        LinuxContainerConfig linux = message.getLinux();
        return new ContainerConfig(
                new ContainerMetadata(
                        checks.notEmpty(message.getMetadata().getName(), field + ".metadata.name"),
                        SandboxMessages.attempt(
                                message.getMetadata().getAttempt(), checks, field + ".metadata.attempt")),
                ImageMessages.spec(message.getImage(), checks, field + ".image"),
                words(message.getCommandList(), checks, field + ".command"),
                words(message.getArgsList(), checks, field + ".args"),
                checks.noZero(workingDirectory(message.getWorkingDir(), checks, field), field + ".working_dir"),
                environment(message.getEnvsList(), checks, field + ".envs"),
                MountMessages.mounts(message.getMountsList(), checks, field + ".mounts"),
                devices(message.getDevicesList(), checks, field + ".devices"),
                message.getLabelsMap(),
                message.getAnnotationsMap(),
                checks.relativePathOrEmpty(message.getLogPath(), field + ".log_path"),
                message.getStdin(),
                message.getStdinOnce(),
                message.getTty(),
                ResourceMessages.resources(linux.getResources(), checks, field + ".linux.resources"),
                SecurityMessages.ofContainer(linux.getSecurityContext(), checks, field + ".linux.security_context"),
                cdiDevices(message.getCDIDevicesList(), checks, field + ".CDI_devices"),
                SignalMessages.name(message.getStopSignal(), checks, field + ".stop_signal"));
    }

    private static String workingDirectory(String directory, Checks checks, String field) {
        checks.require(
                directory.isEmpty() || directory.startsWith("/"),
                field + ".working_dir",
                "is not an absolute path: \"" + directory + "\"");
        return directory;
    }

    /** Words of a command line: they may be empty, but not hold a zero byte. */
    static List<String> words(List<String> words, Checks checks, String field) {
        words.forEach(word -> checks.noZero(word, field));
        return words;
    }

    /** Values are bytes on the wire; a container's environment is written as JSON, which holds text alone. */
    private static List<KeyValue> environment(List<io.gantry.cri.v1.KeyValue> messages, Checks checks, String field) {
        List<KeyValue> variables = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            String each = field + "[" + i + "]";
            String key = checks.notEmpty(messages.get(i).getKey(), each + ".key");
            checks.require(key.indexOf('=') < 0, each + ".key", "contains '=': \"" + key + "\"");
            String value = text(messages.get(i).getValue(), checks, each + ".value of " + key);
            variables.add(new KeyValue(key, checks.noZero(value, each + ".value of " + key)));
        }
        return variables;
    }

    private static String text(ByteString bytes, Checks checks, String field) {
        try {
            ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(buffer)
                    .toString();
        } catch (CharacterCodingException _) {
            throw checks.refuse(field, "is not UTF-8, which the OCI runtime's configuration cannot hold");
        }
    }

    private static List<ContainerDevice> devices(List<Device> messages, Checks checks, String field) {
        List<ContainerDevice> devices = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Device message = messages.get(i);
            String each = field + "[" + i + "]";
            checks.require(
                    DEVICE_PERMISSIONS.matcher(message.getPermissions()).matches(),
                    each + ".permissions",
                    "is not made of r, w and m: \"" + message.getPermissions() + "\"");
            devices.add(new ContainerDevice(
                    checks.absolutePath(message.getContainerPath(), each + ".container_path"),
                    checks.absolutePath(message.getHostPath(), each + ".host_path"),
                    message.getPermissions()));
        }
        return devices;
    }

    private static List<String> cdiDevices(List<CDIDevice> messages, Checks checks, String field) {
        return messages.stream()
                .map(message -> checks.notEmpty(message.getName(), field + ".name"))
                .toList();
    }
}
