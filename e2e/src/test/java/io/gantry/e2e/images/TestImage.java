package io.gantry.e2e.images;

import java.util.ArrayList;
import java.util.List;

/**
 * One image to build and the references it is pushed under.
 *
 * @param repository path in the registry, without host
 * @param tags every tag that names it
 * @param layers bottom first
 * @param user the config's User, empty for root
 * @param entrypoint the config's Entrypoint, may be empty
 * @param command the config's Cmd, may be empty
 * @param form the manifest's media types
 */
record TestImage(
        String repository,
        List<String> tags,
        List<Layer> layers,
        String user,
        List<String> entrypoint,
        List<String> command,
        ManifestForm form) {

    TestImage {
        tags = List.copyOf(tags);
        layers = List.copyOf(layers);
        entrypoint = List.copyOf(entrypoint);
        command = List.copyOf(command);
    }

    static TestImage of(String repository, String tag, Layer... layers) {
        return new TestImage(
                repository, List.of(tag), List.of(layers), "", List.of(), List.of("sh"), ManifestForm.DOCKER);
    }

    TestImage tags(String... names) {
        return new TestImage(repository, List.of(names), layers, user, entrypoint, command, form);
    }

    TestImage user(String name) {
        return new TestImage(repository, tags, layers, name, entrypoint, command, form);
    }

    TestImage entrypoint(String... words) {
        return new TestImage(repository, tags, layers, user, List.of(words), List.of(), form);
    }

    TestImage command(String... words) {
        return new TestImage(repository, tags, layers, user, entrypoint, List.of(words), form);
    }

    TestImage form(ManifestForm other) {
        return new TestImage(repository, tags, layers, user, entrypoint, command, other);
    }

    TestImage plus(Layer layer) {
        List<Layer> more = new ArrayList<>(layers);
        more.add(layer);
        return new TestImage(repository, tags, more, user, entrypoint, command, form);
    }
}
