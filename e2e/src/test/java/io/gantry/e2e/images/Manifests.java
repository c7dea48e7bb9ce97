package io.gantry.e2e.images;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes image configs, manifests and indexes as JSON. */
final class Manifests {
    private static final String CREATED = "2026-01-01T00:00:00Z";
    private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Manifests() {}

    /** This machine's architecture as Go, and so every image index, names it. */
    static String architecture() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }

    static String config(TestImage image) {
        String architecture =
                image.form() == ManifestForm.OCI_INDEX_OTHER_PLATFORM ? otherArchitecture() : architecture();
        return "{\"architecture\":%s,\"os\":\"linux\",\"created\":\"%s\",\"config\":{%s\"Env\":%s%s%s},"
                        .formatted(
                                quote(architecture),
                                CREATED,
                                image.user().isEmpty() ? "" : "\"User\":" + quote(image.user()) + ",",
                                array(List.of(PATH)),
                                image.entrypoint().isEmpty() ? "" : ",\"Entrypoint\":" + array(image.entrypoint()),
                                image.command().isEmpty() ? "" : ",\"Cmd\":" + array(image.command()))
                + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":%s},\"history\":[%s]}"
                        .formatted(
                                array(image.layers().stream().map(Layer::diffId).toList()),
                                image.layers().stream()
                                        .map(layer -> "{\"created\":\"" + CREATED + "\",\"created_by\":\"gantry e2e\"}")
                                        .collect(Collectors.joining(",")));
    }

    static String manifest(TestImage image, byte[] config) {
        String layers = image.layers().stream()
                .map(layer -> descriptor(image.form().layer, layer.digest(), layer.blob().length, ""))
                .collect(Collectors.joining(","));
        return "{\"schemaVersion\":2,\"mediaType\":%s,\"config\":%s,\"layers\":[%s]}"
                .formatted(
                        quote(image.form().manifest),
                        descriptor(image.form().config, Digests.of(config), config.length, ""),
                        layers);
    }

    static String index(TestImage image, byte[] manifest) {
        String architecture =
                image.form() == ManifestForm.OCI_INDEX_OTHER_PLATFORM ? otherArchitecture() : architecture();
        String platform = ",\"platform\":{\"architecture\":" + quote(architecture) + ",\"os\":\"linux\"}";
        return "{\"schemaVersion\":2,\"mediaType\":%s,\"manifests\":[%s]}"
                .formatted(
                        quote(ManifestForm.INDEX),
                        descriptor(image.form().manifest, Digests.of(manifest), manifest.length, platform));
    }

    private static String otherArchitecture() {
        return "s390x";
    }

    private static String descriptor(String mediaType, String digest, int size, String more) {
        return "{\"mediaType\":%s,\"digest\":%s,\"size\":%d%s}".formatted(quote(mediaType), quote(digest), size, more);
    }

    private static String array(List<String> values) {
        return values.stream().map(Manifests::quote).collect(Collectors.joining(",", "[", "]"));
    }

    private static String quote(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
