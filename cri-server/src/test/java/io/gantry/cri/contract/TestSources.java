package io.gantry.cri.contract;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The sources of all tests of this checkout.
 *
 * @param byClass text of each file by the name of its class
 */
record TestSources(Map<String, String> byClass) {
    /** @param tree the directory with the modules in it */
    static TestSources read(Path tree) throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(tree)) {
            for (Path module : modules.map(each -> each.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(module)) {
                    for (Path file : files.filter(each -> each.toString().endsWith(".java"))
                            .toList()) {
                        String name = file.getFileName().toString().replace(".java", "");
                        // Modules may have classes of the same name.
                        sources.merge(name, Files.readString(file), String::concat);
                    }
                }
            }
        }
        return new TestSources(sources);
    }

    /**
     * Whether there is such a test: a class, a class with one of its methods, or a pattern such as {@code *Checkpoint*} that some
     * class matches.
     */
    boolean has(String name) {
        if (name.contains("*")) {
            String pattern = name.replace("*", ".*");
            return byClass.keySet().stream().anyMatch(each -> each.matches(pattern));
        }
        int dot = name.indexOf('.');
        String source = byClass.get(dot < 0 ? name : name.substring(0, dot));
        return source != null && (dot < 0 || source.contains("void " + name.substring(dot + 1) + "("));
    }
}
