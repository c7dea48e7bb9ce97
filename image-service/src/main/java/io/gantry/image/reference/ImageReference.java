package io.gantry.image.reference;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image in full: registry, repository and a tag, a digest or both. Short names are completed as Docker
 * does it: {@code busybox} is {@code docker.io/library/busybox:latest}. When there is a digest it decides what is
 * fetched, and the tag is only a label.
 *
 * @param registry host name with an optional port, {@code docker.io} for Docker Hub whatever its servers are called
 * @param repository path inside the registry, {@code library/busybox}
 * @param tag null only when there is a digest
 * @param digest digest of the manifest or index, if the name has one
 * @see <a href="https://github.com/distribution/reference/blob/main/reference.go">the grammar</a>
 */
public record ImageReference(
        String registry,
        String repository,
        @Nullable String tag,
        @Nullable Digest digest) {
    /** The registry of names that have none. */
    public static final String DOCKER_HUB = "docker.io";

    private static final String DOCKER_HUB_OLD_NAME = "index.docker.io";
    private static final String OFFICIAL_PREFIX = "library/";
    private static final String DEFAULT_TAG = "latest";
    private static final int MAX_LENGTH = 4096;
    private static final int MAX_NAME_LENGTH = 255;

    private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final Pattern REGISTRY =
            Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?");
    private static final Pattern PATH_COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern BARE_ID = Pattern.compile("[a-f0-9]{64}");

    public ImageReference {
        String text = registry + "/" + repository;
        if (!REGISTRY.matcher(registry).matches()) {
            throw bad(text, "\"" + Printable.of(registry) + "\" is not a registry host name with an optional port");
        }
        for (String component : repository.split("/", -1)) {
            if (!PATH_COMPONENT.matcher(component).matches()) {
                throw bad(text, repositoryProblem(component));
            }
        }
        if (repository.length() > MAX_NAME_LENGTH) {
            throw bad(text, "the repository name is longer than " + MAX_NAME_LENGTH + " characters");
        }
        if (tag != null && !TAG.matcher(tag).matches()) {
            throw bad(
                    text + ":" + tag,
                    "the tag must have 1 to 128 letters, digits, '_', '.' or '-', and not begin with '.' or '-'");
        }
        if (tag == null && digest == null) {
            throw bad(text, "neither a tag nor a digest");
        }
    }

    /**
     * Reads and completes a name as users and the kubelet write it.
     *
     * @throws GantryException INVALID_ARGUMENT with what is wrong with it
     */
    public static ImageReference parse(String text) {
        if (text.isEmpty()) {
            throw bad(text, "it is empty");
        }
        if (text.length() > MAX_LENGTH) {
            throw bad(text.substring(0, 160) + "…", "it is longer than " + MAX_LENGTH + " characters");
        }
        if (BARE_ID.matcher(text).matches()) {
            throw bad(text, "64 hexadecimal digits are an image id, not a name that can be pulled");
        }
        Digest digest = null;
        String name = text;
        int at = name.indexOf('@');
        if (at >= 0) {
            digest = Digest.parse(name.substring(at + 1));
            name = name.substring(0, at);
        }
        String tag = null;
        int colon = name.lastIndexOf(':');
        if (colon > name.lastIndexOf('/')) {
            tag = name.substring(colon + 1);
            name = name.substring(0, colon);
        }
        if (tag == null && digest == null) {
            tag = DEFAULT_TAG;
        }
        return withRegistry(name, tag, digest);
    }

    private static ImageReference withRegistry(String name, @Nullable String tag, @Nullable Digest digest) {
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        String registry = DOCKER_HUB;
        String repository = name;
        if (looksLikeHost(first)) {
            registry = first.equals(DOCKER_HUB_OLD_NAME) ? DOCKER_HUB : first;
            repository = name.substring(slash + 1);
        }
        if (registry.equals(DOCKER_HUB) && repository.indexOf('/') < 0) {
            repository = OFFICIAL_PREFIX + repository;
        }
        return new ImageReference(registry, repository, tag, digest);
    }

    /** Docker's rule: a first part with a dot or a colon, "localhost", or with a capital letter is a host. */
    private static boolean looksLikeHost(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || first.chars().anyMatch(Character::isUpperCase);
    }

    /** Registry and repository without tag and digest: {@code docker.io/library/busybox}. */
    public String name() {
        return registry + "/" + repository;
    }

    /** The full form: {@code docker.io/library/busybox:1.36}, with {@code @sha256:…} when there is a digest. */
    public String canonical() {
        return name() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    /** The shortest form that means the same: {@code busybox:1.36}. */
    public String familiar() {
        String name = name();
        if (registry.equals(DOCKER_HUB)) {
            name = repository.startsWith(OFFICIAL_PREFIX) && repository.indexOf('/', OFFICIAL_PREFIX.length()) < 0
                    ? repository.substring(OFFICIAL_PREFIX.length())
                    : repository;
            int slash = name.indexOf('/');
            if (slash >= 0 && looksLikeHost(name.substring(0, slash))) {
                // Without its registry it would be the name of something on that host.
                name = name();
            }
        }
        return name + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    /** {@code registry/repository:tag}, or null when there is no tag: an entry of CRI's {@code repo_tags}. */
    public @Nullable String repoTag() {
        return tag == null ? null : name() + ":" + tag;
    }

    /** {@code registry/repository@digest}: an entry of CRI's {@code repo_digests}. */
    public String repoDigest(Digest manifestDigest) {
        return name() + "@" + manifestDigest;
    }

    /** The same repository at one digest, the tag kept. */
    public ImageReference withDigest(Digest newDigest) {
        return new ImageReference(registry, repository, tag, Objects.requireNonNull(newDigest, "digest is null"));
    }

    @Override
    public String toString() {
        return canonical();
    }

    private static String repositoryProblem(String component) {
        if (component.isEmpty()) {
            return "the repository name has an empty part";
        }
        if (component.chars().anyMatch(c -> c >= 'A' && c <= 'Z')) {
            return "repository names must be lower case, \"" + Printable.of(component) + "\" is not";
        }
        return "\"" + Printable.of(component)
                + "\" is not a repository name: lower-case letters and digits, separated by '.', '_', '__' or '-'";
    }

    private static GantryException bad(String text, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, "read image name \"" + Printable.of(text) + "\"", problem)
                .withRemedy("write [registry[:port]/]repository[:tag][@sha256:digest]");
    }
}
