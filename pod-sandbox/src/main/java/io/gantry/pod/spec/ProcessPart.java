package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The {@code process} of a specification (OCI runtime-spec, config.md, "Process"). */
final class ProcessPart {
    private static final int OOM_SCORE_ADJ_LIMIT = 1000;

    private final SpecContext context;

    /** PATH_MAX with its NUL. What names more than the kernel takes comes back in the runtime's error, too long for conmon. */
    private static final int PATH_LIMIT = 4095;

    ProcessPart(SpecContext context) {
        this.context = context;
    }

    ObjectNode build(UserPart user, CapabilitySets capabilities) {
        // What a base specification says beyond these keys stays: scheduler, ioPriority, and of the limits those it
        // has.
        JsonNode base = context.base("/process");
        ObjectNode process = base.isObject() ? (ObjectNode) base.deepCopy() : Nodes.object();
        process.put("terminal", context.config().tty());
        process.set("user", user.toJson());
        process.set("args", Nodes.strings(arguments()));
        process.set("env", Nodes.strings(EnvironmentPart.build(context, user.home())));
        process.put("cwd", workingDirectory());
        process.set("capabilities", capabilities.toJson());
        process.put("noNewPrivileges", context.security().noNewPrivileges());
        process.put(
                "oomScoreAdj", oomScoreAdj(context, context.config().resources().oomScoreAdj()));
        context.rlimits().addTo(process, context.request().paths().user() != null);
        return process;
    }

    /** A command asked for replaces entrypoint and command of the image; arguments alone replace its command. */
    private List<String> arguments() {
        ContainerConfig config = context.config();
        ImageDefaults image = context.request().image();
        List<String> arguments = new ArrayList<>();
        if (config.command().isEmpty()) {
            arguments.addAll(image.entrypoint());
            arguments.addAll(config.args().isEmpty() ? image.cmd() : config.args());
        } else {
            arguments.addAll(config.command());
            arguments.addAll(config.args());
        }
        if (arguments.isEmpty()) {
            throw context.invalid("no command specified: neither the container nor its image names one");
        }
        if (arguments.getFirst().isEmpty()) {
            throw context.invalid("the command is an empty string");
        }
        if (isTooLong(arguments.getFirst())) {
            throw context.invalid("the program's name is longer than " + PATH_LIMIT + " bytes");
        }
        for (String argument : arguments) {
            if (argument.indexOf('\0') >= 0) {
                throw context.invalid("an argument of the command has a NUL byte in it");
            }
        }
        return arguments;
    }

    /** The runtime makes the directory in the root file system when it is not there. */
    private String workingDirectory() {
        String asked = context.config().workingDirectory();
        if (!asked.isEmpty()) {
            if (!asked.startsWith("/")) {
                throw context.invalid("working directory '" + asked + "' is not absolute");
            }
            if (isTooLong(asked)) {
                throw context.invalid("the working directory is longer than " + PATH_LIMIT + " bytes");
            }
            return asked;
        }
        String images = context.request().image().workingDir();
        return images.startsWith("/") ? images : "/" + images;
    }

    private static boolean isTooLong(String path) {
        return path.getBytes(StandardCharsets.UTF_8).length > PATH_LIMIT;
    }

    /** What can be set of what was asked for. */
    static int oomScoreAdj(SpecContext context, long asked) {
        if (Math.abs(asked) > OOM_SCORE_ADJ_LIMIT) {
            throw context.invalid("oom_score_adj " + asked + " is outside -1000 to 1000");
        }
        int floor = context.host().oomScoreAdjFloor();
        if (asked < floor) {
            context.warn("oom_score_adj " + asked + " is raised to " + floor
                    + ": the daemon may not go lower without CAP_SYS_RESOURCE");
            return floor;
        }
        return (int) asked;
    }
}
