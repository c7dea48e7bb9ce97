package io.gantry.image.trust;

import java.util.Comparator;
import java.util.List;

/**
 * Rules by the beginning of an image's full name. The longest that fits holds; one that begins with {@code *.} fits every
 * host below a domain.
 */
public final class TrustPolicy {
    /** Lets everything in: what holds without a policy file. */
    public static final TrustPolicy EVERYTHING = new TrustPolicy(List.of(), new TrustRule.Accept());

    /** @param match registry, registry and namespace, or a whole repository: {@code registry.example.com/team} */
    record Scoped(String match, TrustRule rule) {
        boolean fits(String repository) {
            String name = repository;
            String pattern = match;
            if (match.startsWith("*.")) {
                int patternEnd = match.indexOf('/');
                int nameEnd = repository.indexOf('/');
                String domain = match.substring(1, patternEnd < 0 ? match.length() : patternEnd);
                if (!repository.substring(0, nameEnd).endsWith(domain)) {
                    return false;
                }
                if (patternEnd < 0) {
                    return true;
                }
                pattern = match.substring(patternEnd);
                name = repository.substring(nameEnd);
            }
            return name.equals(pattern) || name.startsWith(pattern + "/");
        }
    }

    private final List<Scoped> longestFirst;
    private final TrustRule otherwise;

    TrustPolicy(List<Scoped> scoped, TrustRule otherwise) {
        this.longestFirst = scoped.stream()
                .sorted(Comparator.comparingInt((Scoped rule) -> rule.match().length())
                        .reversed())
                .toList();
        this.otherwise = otherwise;
    }

    /** @param repository registry and repository: {@code docker.io/library/busybox} */
    public TrustRule ruleFor(String repository) {
        return longestFirst.stream()
                .filter(rule -> rule.fits(repository))
                .findFirst()
                .map(Scoped::rule)
                .orElse(otherwise);
    }

    /** Whether it lets every image in. */
    public boolean isOpen() {
        return otherwise instanceof TrustRule.Accept
                && longestFirst.stream().allMatch(rule -> rule.rule() instanceof TrustRule.Accept);
    }
}
