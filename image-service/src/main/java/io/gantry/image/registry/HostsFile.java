package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** Reads one {@code hosts.toml}; every error names the file and the key. */
final class HostsFile {
    private static final int MAX_BYTES = 1 << 20;
    private static final Set<String> FORBIDDEN_HEADERS =
            Set.of("host", "content-length", "transfer-encoding", "connection", "range", "if-range");
    private static final TomlMapper TOML = new TomlMapper();

    private final Path file;
    private final String registry;
    private final UnknownKeys unknownKeys;

    HostsFile(Path file, String registry, UnknownKeys unknownKeys) {
        this.file = file;
        this.registry = registry;
        this.unknownKeys = unknownKeys;
    }

    List<Endpoint> read() {
        JsonNode root = parse();
        List<Endpoint> out = new ArrayList<>();
        JsonNode hosts = root.get("host");
        if (hosts != null) {
            if (!hosts.isObject()) {
                throw bad("host", "must be a table, written [host.\"https://mirror.example\"]");
            }
            for (Map.Entry<String, JsonNode> host : hosts.properties()) {
                String key = "host.\"" + host.getKey() + "\"";
                if (!host.getValue().isObject()) {
                    throw bad(key, "must be a table");
                }
                out.addAll(endpoints(host.getKey(), key, host.getValue(), false));
            }
        }
        JsonNode server = root.get("server");
        if (server == null) {
            out.addAll(withoutServer(root));
        } else {
            out.addAll(endpoints(text(server, "server"), "server", root, true));
        }
        return List.copyOf(out);
    }

    /** No server key: the registry under its own name, with the settings at the top of the file. */
    private List<Endpoint> withoutServer(JsonNode root) {
        return RegistryHosts.defaults(registry, TlsSettings.SYSTEM).stream()
                .map(own -> {
                    Endpoint configured = settings(own.base(), "", root, true, own.fallbackOf());
                    boolean explicitTls = root.has("ca") || root.has("skip_verify");
                    return explicitTls
                            ? configured
                            : withTls(configured, own.tls().skipVerify());
                })
                .toList();
    }

    private JsonNode parse() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw RegistryHosts.problem(file, "it is larger than 1 MiB", "shorten it");
            }
            return TOML.readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw RegistryHosts.problem(file, e.toString(), "make it readable").causedBy(e);
        } catch (JacksonException e) {
            String where =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            throw RegistryHosts.problem(file, where + e.getOriginalMessage(), "write it in TOML")
                    .causedBy(e);
        }
    }

    private List<Endpoint> endpoints(String url, String key, JsonNode table, boolean upstream) {
        boolean hasScheme = url.contains("://");
        String prefix = upstream ? "" : key + ".";
        URI base = base(hasScheme ? url : "https://" + url, key, flag(table, prefix + "override_path"));
        if (hasScheme || !Loopback.isLoopback(url.split("/", 2)[0])) {
            return List.of(settings(base, key, table, upstream, null));
        }
        Endpoint secure = settings(base, key, table, upstream, null);
        Endpoint plain = settings(URI.create("http" + base.toString().substring(5)), key, table, upstream, base);
        boolean explicitTls = table.has("ca") || table.has("skip_verify");
        return List.of(explicitTls ? secure : withTls(secure, true), plain);
    }

    private URI base(String url, String key, boolean overridePath) {
        URI parsed;
        try {
            parsed = new URI(url);
        } catch (URISyntaxException e) {
            throw bad(key, "is not a URL: \"" + url + "\"").causedBy(e);
        }
        boolean http = "https".equals(parsed.getScheme()) || "http".equals(parsed.getScheme());
        if (!http || parsed.getHost() == null || parsed.getRawUserInfo() != null) {
            throw bad(key, "must be an http or https URL with a host and without user name: \"" + url + "\"");
        }
        if (parsed.getRawQuery() != null || parsed.getRawFragment() != null) {
            throw bad(key, "must not have a query or fragment: \"" + url + "\"");
        }
        String path = parsed.getRawPath().replaceAll("/+$", "");
        if (!overridePath && !path.endsWith("/v2")) {
            path = path + "/v2";
        }
        return URI.create(parsed.getScheme() + "://" + parsed.getRawAuthority() + path);
    }

    private Endpoint settings(URI base, String key, JsonNode table, boolean upstream, @Nullable URI fallbackOf) {
        for (String name : table.propertyNames()) {
            switch (name) {
                case "capabilities", "ca", "client", "skip_verify", "header", "override_path", "dial_timeout" -> {}
                case "server", "host" -> {
                    if (!upstream) {
                        unknownKeys.warn(file, key + "." + name);
                    }
                }
                default -> unknownKeys.warn(file, (key.isEmpty() || upstream ? "" : key + ".") + name);
            }
        }
        String prefix = upstream ? "" : key + ".";
        TlsSettings tls = new TlsSettings(
                paths(table.get("ca"), prefix + "ca"),
                clients(table.get("client"), prefix + "client"),
                flag(table, prefix + "skip_verify"));
        return new Endpoint(
                base,
                namespace(base),
                capabilities(table.get("capabilities"), prefix + "capabilities"),
                tls,
                headers(table.get("header"), prefix + "header"),
                dialTimeout(table.get("dial_timeout"), prefix + "dial_timeout"),
                upstream,
                fallbackOf);
    }

    private static Endpoint withTls(Endpoint endpoint, boolean skipVerify) {
        return new Endpoint(
                endpoint.base(),
                endpoint.namespace(),
                endpoint.capabilities(),
                new TlsSettings(endpoint.tls().authorities(), endpoint.tls().clients(), skipVerify),
                endpoint.headers(),
                endpoint.dialTimeout(),
                endpoint.upstream(),
                endpoint.fallbackOf());
    }

    /** A server that goes by another name than the registry is told whose images are wanted. */
    private @Nullable String namespace(URI base) {
        String authority = base.getRawAuthority();
        boolean hub = registry.equals(ImageReference.DOCKER_HUB) && authority.equals("registry-1.docker.io");
        return hub || authority.equals(registry) ? null : registry;
    }

    private Set<Endpoint.Capability> capabilities(@Nullable JsonNode value, String key) {
        if (value == null) {
            return Endpoint.ALL;
        }
        Set<Endpoint.Capability> out = EnumSet.noneOf(Endpoint.Capability.class);
        for (String name : texts(value, key)) {
            switch (name.toLowerCase(Locale.ROOT)) {
                case "pull" -> out.add(Endpoint.Capability.PULL);
                case "resolve" -> out.add(Endpoint.Capability.RESOLVE);
                case "push" -> out.add(Endpoint.Capability.PUSH);
                default -> throw bad(key, "has \"" + name + "\"; pull, resolve and push are known");
            }
        }
        return out;
    }

    private List<TlsSettings.ClientPair> clients(@Nullable JsonNode value, String key) {
        if (value == null) {
            return List.of();
        }
        if (value.isString()) {
            return List.of(pair(value.stringValue(), ""));
        }
        List<TlsSettings.ClientPair> out = new ArrayList<>();
        if (!value.isArray()) {
            throw bad(key, "must be a file, a list of files or a list of [certificate, key]");
        }
        for (JsonNode item : value) {
            if (item.isString()) {
                out.add(pair(item.stringValue(), ""));
                continue;
            }
            List<String> parts = texts(item, key);
            if (parts.isEmpty() || parts.size() > 2) {
                throw bad(key, "has an entry of " + parts.size() + " files; write [certificate, key]");
            }
            out.add(pair(parts.getFirst(), parts.size() == 2 ? parts.getLast() : ""));
        }
        return out;
    }

    private TlsSettings.ClientPair pair(String certificate, String key) {
        Path certificateFile = resolve(certificate);
        return new TlsSettings.ClientPair(certificateFile, key.isEmpty() ? certificateFile : resolve(key));
    }

    private Map<String, List<String>> headers(@Nullable JsonNode value, String key) {
        Map<String, List<String>> out = new LinkedHashMap<>();
        if (value == null) {
            return out;
        }
        if (!value.isObject()) {
            throw bad(key, "must be a table of header names and values");
        }
        value.properties().forEach(header -> {
            String name = header.getKey();
            boolean token = !name.isEmpty() && name.chars().allMatch(HttpText::isTokenChar);
            if (!token || FORBIDDEN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                throw bad(key, "must not set the header \"" + name + "\"");
            }
            List<String> values = texts(header.getValue(), key + "." + name);
            if (values.stream().anyMatch(text -> text.chars().anyMatch(Character::isISOControl))) {
                throw bad(key + "." + name, "has a control character");
            }
            out.put(name, values);
        });
        return out;
    }

    private @Nullable Duration dialTimeout(@Nullable JsonNode value, String key) {
        if (value == null) {
            return null;
        }
        String text = text(value, key);
        return GoDuration.parse(text)
                .orElseThrow(() -> bad(key, "is \"" + text + "\"; write a duration such as \"10s\""));
    }

    private List<Path> paths(@Nullable JsonNode value, String key) {
        return value == null
                ? List.of()
                : texts(value, key).stream().map(this::resolve).toList();
    }

    private Path resolve(String path) {
        return file.resolveSibling(path);
    }

    private boolean flag(JsonNode table, String key) {
        JsonNode value = table.get(key.substring(key.lastIndexOf('.') + 1));
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw bad(key, "must be true or false");
        }
        return value.booleanValue();
    }

    private String text(JsonNode value, String key) {
        if (!value.isString() || value.stringValue().isEmpty()) {
            throw bad(key, "must be a string that is not empty");
        }
        return value.stringValue();
    }

    private List<String> texts(JsonNode value, String key) {
        if (value.isString()) {
            return List.of(text(value, key));
        }
        if (!value.isArray()) {
            throw bad(key, "must be a string or a list of strings");
        }
        BiFunction<JsonNode, String, String> each = this::text;
        return value.valueStream().map(item -> each.apply(item, key)).toList();
    }

    private GantryException bad(String key, String problem) {
        return RegistryHosts.problem(file, key + " " + problem, "correct the key");
    }
}
