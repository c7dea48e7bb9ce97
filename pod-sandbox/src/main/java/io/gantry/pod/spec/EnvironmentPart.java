package io.gantry.pod.spec;

import io.gantry.pod.config.KeyValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A container's environment: Gantry's few variables, then the image's, then those asked for, each winning over the one
 * before.
 */
final class EnvironmentPart {
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private EnvironmentPart() {}

    static List<String> build(SpecContext context, String home) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("PATH", DEFAULT_PATH);
        variables.put("HOSTNAME", context.request().hostname());
        variables.put("HOME", home);
        if (context.config().tty()) {
            variables.put("TERM", "xterm");
        }
        for (String entry : context.request().image().env()) {
            int equals = entry.indexOf('=');
            if (equals > 0 && entry.indexOf('\0') < 0) {
                variables.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        for (KeyValue variable : context.config().environment()) {
            String key = variable.key();
            if (key.isEmpty() || key.indexOf('=') >= 0 || key.indexOf('\0') >= 0) {
                throw context.invalid("environment variable name '" + key.replace("\0", "\\0")
                        + "' is not valid: it is empty, or has '=' or a NUL byte in it");
            }
            if (variable.value().indexOf('\0') >= 0) {
                throw context.invalid("environment variable " + key + " has a NUL byte in its value");
            }
            variables.put(key, variable.value());
        }
        return variables.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }
}
