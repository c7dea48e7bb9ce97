package io.gantry.platform.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Mounts overlays in the way that the kernel allows: with {@code fsconfig(lowerdir+)} (since 6.8) layer by layer; else
 * with mount(2) while the options fit into a page; else with mount(2) from a thread whose working directory is {@code
 * /proc/self/fd}, where each layer's name is the number of a descriptor.
 */
final class OverlayMounter {
    /** What an overlay is made of. */
    record Layers(
            List<Path> lower,
            @Nullable Path upper,
            @Nullable Path work,
            List<String> options) {
        Layers {
            lower = List.copyOf(lower);
            options = List.copyOf(options);
            if (lower.isEmpty() || (upper == null) != (work == null)) {
                throw new IllegalArgumentException(
                        "an overlay has lower directories, and both upper and work or neither");
            }
        }
    }

    /** A page, less the final NUL and some room. */
    private static final int MOUNT_OPTIONS = 4000;

    /** strndup_user() in the kernel's fsconfig(2). */
    private static final int FSCONFIG_VALUE = 255;

    private final Syscalls syscalls;
    private volatile boolean layerByLayer = true;

    OverlayMounter(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    void mount(Layers layers, Path target) {
        if (layerByLayer && mountLayerByLayer(layers, target)) {
            return;
        }
        String data = data(
                layers.lower.stream().map(Path::toString).toList(),
                text(layers.upper),
                text(layers.work),
                layers.options);
        if (PathBytes.encode(data).length <= MOUNT_OPTIONS) {
            syscalls.mount("overlay", target.toString(), "overlay", 0, data);
        } else {
            mountByDescriptors(layers, target);
        }
    }

    private static @Nullable String text(@Nullable Path path) {
        return path == null ? null : path.toString();
    }

    /** @return false when this kernel does not know it; nothing was mounted then */
    private boolean mountLayerByLayer(Layers layers, Path target) {
        List<Fd> longNames = new ArrayList<>();
        try (Fd context = new Fd(syscalls, syscalls.fsopen("overlay", LinuxConstants.FSOPEN_CLOEXEC))) {
            try {
                set(context, "source", "overlay");
                boolean first = true;
                for (Path lower : layers.lower) {
                    try {
                        set(context, "lowerdir+", shortName(lower.toString(), longNames));
                    } catch (ErrnoException e) {
                        if (first && e.is(Errno.EINVAL)) {
                            layerByLayer = false;
                            return false;
                        }
                        throw e;
                    }
                    first = false;
                }
                if (layers.upper != null && layers.work != null) {
                    set(
                            context,
                            "upperdir",
                            shortName(layers.upper.toString(), longNames).replace("\\", "\\\\"));
                    set(
                            context,
                            "workdir",
                            shortName(layers.work.toString(), longNames).replace("\\", "\\\\"));
                }
                for (String option : layers.options) {
                    setOption(context, option);
                }
                syscalls.fsconfig(context.number(), LinuxConstants.FSCONFIG_CMD_CREATE, null, null, 0);
            } catch (ErrnoException e) {
                throw explained(e, context);
            }
            try (Fd mount = new Fd(syscalls, syscalls.fsmount(context.number(), LinuxConstants.FSMOUNT_CLOEXEC, 0))) {
                syscalls.moveMount(
                        mount.number(),
                        "",
                        LinuxConstants.AT_FDCWD,
                        target.toString(),
                        LinuxConstants.MOVE_MOUNT_F_EMPTY_PATH);
            }
            return true;
        } catch (ErrnoException e) {
            if (e.call().equals("fsopen") && e.is(Errno.ENOSYS)) {
                layerByLayer = false;
                return false;
            }
            throw e;
        } finally {
            longNames.forEach(Fd::close);
        }
    }

    private void set(Fd context, String key, String value) {
        syscalls.fsconfig(context.number(), LinuxConstants.FSCONFIG_SET_STRING, key, value, 0);
    }

    private void setOption(Fd context, String option) {
        int equals = option.indexOf('=');
        if (equals < 0) {
            syscalls.fsconfig(context.number(), LinuxConstants.FSCONFIG_SET_FLAG, option, null, 0);
        } else {
            set(context, option.substring(0, equals), option.substring(equals + 1));
        }
    }

    /** The path itself, or that of a descriptor for it when it is longer than fsconfig(2) takes. */
    private String shortName(String path, List<Fd> opened) {
        if (PathBytes.encode(path).length <= FSCONFIG_VALUE) {
            return path;
        }
        return "/proc/self/fd/" + open(path, opened);
    }

    private int open(String path, List<Fd> opened) {
        Fd fd = new Fd(
                syscalls,
                syscalls.openat(
                        LinuxConstants.AT_FDCWD,
                        path,
                        LinuxConstants.O_PATH | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC,
                        0));
        opened.add(fd);
        return fd.number();
    }

    /** Adds what the file system wrote into its context: the errno alone rarely says which layer is wrong. */
    private ErrnoException explained(ErrnoException e, Fd context) {
        StringBuilder log = new StringBuilder();
        byte[] line = new byte[512];
        try {
            for (int i = 0; i < 8; i++) {
                int size = syscalls.read(context.number(), line, 0, line.length);
                log.append(log.isEmpty() ? "" : ", ")
                        .append(PathBytes.decode(line, 0, size).strip());
            }
        } catch (ErrnoException end) {
            // ENODATA: no more messages.
        }
        return log.isEmpty() ? e : new ErrnoException(e.errno(), e.call(), e.subject() + " (" + log + ")");
    }

    /** All layers by descriptor number, relative to {@code /proc/self/fd}: 500 of them fit into a page. */
    private void mountByDescriptors(Layers layers, Path target) {
        List<Fd> opened = new ArrayList<>();
        try {
            List<String> lower = layers.lower.stream()
                    .map(path -> Integer.toString(open(path.toString(), opened)))
                    .toList();
            String upper = layers.upper == null ? null : Integer.toString(open(layers.upper.toString(), opened));
            String work = layers.work == null ? null : Integer.toString(open(layers.work.toString(), opened));
            String data = data(lower, upper, work, layers.options);
            Path absolute = target.toAbsolutePath();
            onOwnDirectory(() -> syscalls.mount("overlay", absolute.toString(), "overlay", 0, data));
        } finally {
            opened.forEach(Fd::close);
        }
    }

    /** A working directory belongs to the whole process until a thread asks for its own, for good: so the thread ends. */
    private void onOwnDirectory(Runnable call) {
        FutureTask<Boolean> task = new FutureTask<>(
                () -> {
                    syscalls.unshare(LinuxConstants.CLONE_FS);
                    String before = syscalls.readlinkat(LinuxConstants.AT_FDCWD, "/proc/self/cwd");
                    syscalls.chdir("/proc/self/fd");
                    try {
                        call.run();
                    } finally {
                        // The end of the task may make the JVM start threads, which inherit the directory.
                        syscalls.chdir(before);
                    }
                },
                true);
        ThrowAwayThread.run("gantry-overlay", task);
    }

    /** The option string of mount(2), in which a comma ends an option and a colon a lower directory. */
    static String data(List<String> lower, @Nullable String upper, @Nullable String work, List<String> options) {
        StringBuilder data = new StringBuilder("lowerdir=")
                .append(lower.stream()
                        .map(path -> escape(path).replace(":", "\\:"))
                        .collect(Collectors.joining(":")));
        if (upper != null && work != null) {
            data.append(",upperdir=").append(escape(upper)).append(",workdir=").append(escape(work));
        }
        options.forEach(option -> data.append(',').append(option));
        return data.toString();
    }

    private static String escape(String path) {
        return path.replace("\\", "\\\\").replace(",", "\\,");
    }
}
