package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;

/**
 * One runtime handler.
 *
 * @param path the OCI runtime, a path or a name to look up in PATH
 * @param root its state directory ({@code --root}); empty: one under Gantry's state directory
 * @param baseSpec file with the OCI specification that containers start from; empty: that of the runtime section
 */
public record RuntimeHandlerConfig(String path, String root, String baseSpec) {
    static RuntimeHandlerConfig read(ConfigSection in) {
        if (!in.name().matches("[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?")) {
            in.refuse("path", "belongs to a handler whose name is not letters, digits, '.', '_' and '-'");
        }
        return new RuntimeHandlerConfig(
                in.parsed(
                        "path",
                        in.name(),
                        "The OCI runtime: a path, or a name looked up in PATH.",
                        RuntimeHandlerConfig::program),
                in.parsed(
                        "root",
                        "",
                        "Where it keeps its state; empty: under Gantry's state directory.",
                        RuntimeHandlerConfig::optionalPath),
                in.parsed(
                        "base_spec",
                        "",
                        "File with the OCI specification that its containers start from; empty: that of runtime.base_spec.",
                        RuntimeHandlerConfig::optionalPath));
    }

    /** A path, or a bare name. */
    static String program(String value) throws Refused {
        if (value.isBlank() || (value.contains("/") && !value.startsWith("/"))) {
            throw new Refused("must be an absolute path or a name to look up in PATH, not \"" + value + "\"");
        }
        return value;
    }

    static String optionalPath(String value) throws Refused {
        if (!value.isEmpty() && !value.startsWith("/")) {
            throw new Refused("must be an absolute path, not \"" + value + "\"");
        }
        return value;
    }
}
