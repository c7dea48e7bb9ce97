package io.gantry.cri.nri;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a plugin is called.
 *
 * @param index two digits: plugins are asked in the order of their indexes
 * @param base letters, digits and {@code _ . + -}
 */
record PluginName(String index, String base) {
    static final Comparator<PluginName> ORDER =
            Comparator.comparing(PluginName::index).thenComparing(PluginName::base);

    private static final Pattern INDEX = Pattern.compile("[0-9]{2}");
    private static final Pattern BASE = Pattern.compile("[A-Za-z0-9_.+-]+");
    private static final Pattern WHOLE = Pattern.compile("([0-9]{2})-([A-Za-z0-9_.+-]+)");

    /** What is wrong with an index or a name, empty when nothing is. */
    static Optional<String> problem(String index, String base) {
        if (!INDEX.matcher(index).matches()) {
            return Optional.of("the index \"" + index + "\" is not two digits");
        }
        return BASE.matcher(base).matches()
                ? Optional.empty()
                : Optional.of("the name \"" + base + "\" has other characters than letters, digits and _.+-");
    }

    /** The name of a program in the plugin directory; empty when it is none. */
    static Optional<PluginName> parse(String file) {
        Matcher matcher = WHOLE.matcher(file);
        return matcher.matches() ? Optional.of(new PluginName(matcher.group(1), matcher.group(2))) : Optional.empty();
    }

    @Override
    public String toString() {
        return index + "-" + base;
    }
}
