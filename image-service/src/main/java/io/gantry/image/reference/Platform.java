package io.gantry.image.reference;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An operating system and processor that an image is built for, in Go's names ({@code linux}, {@code amd64},
 * {@code arm64}); other common spellings are turned into these.
 *
 * @param variant of the processor ({@code v7}), null when there is only one or it is the usual one ({@code arm64/v8})
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-index.md">image-spec, platform</a>
 */
public record Platform(
        String os, String architecture, @Nullable String variant) {
    private static final Platform CURRENT =
            of(System.getProperty("os.name", "linux"), System.getProperty("os.arch", "amd64"), null);

    public Platform {
        os = os.toLowerCase(Locale.ROOT);
        String given = architecture.toLowerCase(Locale.ROOT);
        architecture = normalArchitecture(given);
        variant = normalVariant(given, architecture, variant);
    }

    /** A platform from any of the usual spellings. */
    public static Platform of(String os, String architecture, @Nullable String variant) {
        return new Platform(os, architecture, variant);
    }

    /** The platform this process runs on. */
    public static Platform current() {
        return CURRENT;
    }

    /**
     * How well an image for {@code candidate} runs here: 0 is exact, larger is worse, empty when it does not run. An older
     * variant of the same processor runs, a newer one does not.
     */
    public OptionalInt rank(Platform candidate) {
        if (!os.equals(candidate.os)) {
            return OptionalInt.empty();
        }
        List<String> mine = runnableVariants(architecture, variant);
        if (!architecture.equals(candidate.architecture)) {
            return OptionalInt.empty();
        }
        int position = mine.indexOf(candidate.variant == null ? "" : candidate.variant);
        return position < 0 ? OptionalInt.empty() : OptionalInt.of(position);
    }

    /** Variants that run on this processor, best first; "" stands for none given. */
    private static List<String> runnableVariants(String architecture, @Nullable String variant) {
        if (architecture.equals("arm")) {
            List<String> all = List.of("v8", "v7", "v6", "v5");
            int start = all.indexOf(variant == null ? "v7" : variant);
            return start < 0 ? List.of(variant == null ? "" : variant) : all.subList(start, all.size());
        }
        return variant == null ? List.of("") : List.of(variant, "");
    }

    private static String normalArchitecture(String name) {
        return switch (name) {
            case "x86_64", "x86-64" -> "amd64";
            case "aarch64" -> "arm64";
            case "i386", "i486", "i586", "i686", "x86" -> "386";
            case "armhf", "armel", "armv7l", "armv6l" -> "arm";
            case "loongarch64" -> "loong64";
            default -> name;
        };
    }

    private static @Nullable String normalVariant(String given, String architecture, @Nullable String variant) {
        String name = variant == null ? "" : variant.toLowerCase(Locale.ROOT);
        if (!name.isEmpty() && Character.isDigit(name.charAt(0))) {
            name = "v" + name;
        }
        return switch (architecture) {
            case "arm64" -> name.isEmpty() || name.equals("v8") ? null : name;
            case "amd64" -> name.isEmpty() || name.equals("v1") ? null : name;
            case "arm" -> {
                if (!name.isEmpty()) {
                    yield name;
                }
                yield switch (given) {
                    case "armel" -> "v6";
                    case "armv6l" -> "v6";
                    default -> "v7";
                };
            }
            default -> name.isEmpty() ? null : name;
        };
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant == null ? "" : "/" + variant);
    }
}
