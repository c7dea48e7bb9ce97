package io.gantry.cri.check;

import io.gantry.cri.config.NetworkConfig;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Looks for a network configuration and for the plugins that it names. */
final class NetworkCheck {
    private static final String SUBJECT = "network configuration";

    private final NetworkConfig config;
    private final PackageHint packages;

    NetworkCheck(NetworkConfig config, PackageHint packages) {
        this.config = config;
        this.packages = packages;
    }

    List<Finding> run() {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(config.confDir(), "*.{conflist,conf,json}")) {
            entries.forEach(files::add);
        } catch (IOException _) {
            return List.of(noConflist());
        }
        if (files.isEmpty()) {
            return List.of(noConflist());
        }
        files.sort(null);
        Path file = files.getFirst();
        Set<String> plugins;
        try {
            plugins = plugins(Json.mapper().readTree(Files.readString(file)));
        } catch (IOException | JacksonException e) {
            return List.of(Finding.missing(
                    SUBJECT, file + " cannot be read: " + e.getMessage(), "correct it, or move it away"));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok(SUBJECT, file.toString()));
        for (String plugin : plugins) {
            findings.add(plugin(plugin, file));
        }
        return findings;
    }

    private Finding noConflist() {
        return Finding.warning(
                SUBJECT,
                "there is none in " + config.confDir() + "; pods need the host's network until there is one",
                "install a network add-on, or write a conflist there (cni.dev/docs/spec)");
    }

    private Finding plugin(String name, Path file) {
        return config.binDirs().stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(path -> Finding.ok("CNI plugin " + name, path.toString()))
                .orElseGet(() -> Finding.missing(
                        "CNI plugin " + name,
                        file + " names it, and it is not in "
                                + config.binDirs().stream().map(Path::toString).collect(Collectors.joining(", ")),
                        packages.install("containernetworking-plugins")));
    }

    private static Set<String> plugins(JsonNode conflist) {
        Set<String> names = new LinkedHashSet<>();
        List<JsonNode> plugins = new ArrayList<>();
        if (conflist.path("plugins").isArray()) {
            conflist.path("plugins").forEach(plugins::add);
        } else {
            plugins.add(conflist);
        }
        for (JsonNode plugin : plugins) {
            for (JsonNode type :
                    List.of(plugin.path("type"), plugin.path("ipam").path("type"))) {
                if (type.isString()
                        && !type.stringValue().isBlank()
                        && !type.stringValue().contains("/")) {
                    names.add(type.stringValue());
                }
            }
        }
        return names;
    }
}
