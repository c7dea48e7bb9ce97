package io.gantry.cri.config;

import io.gantry.cri.config.ConfigReader.KeyDoc;
import io.gantry.cri.config.ConfigReader.SectionDoc;
import java.util.regex.Pattern;

/** Writes gantry.toml with every key, its comment and its default: the file that packages install. */
public final class ConfigTemplate {
    private static final int WIDTH = 100;
    private static final Pattern BARE_KEY = Pattern.compile("[A-Za-z0-9_-]+");

    private ConfigTemplate() {}

    /** The whole file, ending in a line break. */
    public static String render() {
        ConfigReader reader = new ConfigReader(new ConfigSource());
        GantryConfig.read(reader);
        StringBuilder out = new StringBuilder();
        comment(
                out,
                "Configuration of Gantry, every key with its default. A key that is left out keeps its default. Files"
                        + " gantry.d/*.toml beside this one are read after it, by name; what a later file sets holds."
                        + " 'gantry config validate' checks them all.");
        for (SectionDoc section : reader.docs()) {
            if (section.keys().isEmpty()) {
                continue;
            }
            out.append('\n');
            if (!section.path().isEmpty()) {
                comment(out, section.comment());
                out.append('[')
                        .append(String.join(
                                ".",
                                section.path().stream().map(ConfigTemplate::key).toList()))
                        .append("]\n");
            }
            for (KeyDoc key : section.keys()) {
                comment(out, key.comment());
                out.append(key(key.name()))
                        .append(" = ")
                        .append(key.defaultToml())
                        .append('\n');
            }
        }
        return out.toString();
    }

    private static String key(String name) {
        return BARE_KEY.matcher(name).matches() ? name : ConfigSection.quote(name);
    }

    private static void comment(StringBuilder out, String text) {
        StringBuilder line = new StringBuilder("#");
        for (String word : text.split(" ")) {
            if (line.length() + 1 + word.length() > WIDTH) {
                out.append(line).append('\n');
                line = new StringBuilder("#");
            }
            line.append(' ').append(word);
        }
        if (line.length() > 1) {
            out.append(line).append('\n');
        }
    }
}
