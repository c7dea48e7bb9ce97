package io.gantry.cni.conflist;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The versions of the CNI specification that Gantry speaks, oldest first. */
public enum CniVersion {
    V0_3_0("0.3.0"),
    V0_3_1("0.3.1"),
    V0_4_0("0.4.0"),
    V1_0_0("1.0.0"),
    V1_1_0("1.1.0");

    private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");

    private final String text;

    CniVersion(String text) {
        this.text = text;
    }

    /** The newest version that Gantry speaks. */
    public static CniVersion newest() {
        return V1_1_0;
    }

    /** The version written as {@code text}; {@code "1.0"} means 1.0.0. Empty when Gantry does not speak it. */
    public static Optional<CniVersion> find(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        String full = form.group(3) == null ? text + ".0" : text;
        return Arrays.stream(values()).filter(v -> v.text.equals(full)).findFirst();
    }

    /** Whether {@code text} has the form of a version at all, spoken here or not. */
    static boolean isWellFormed(String text) {
        return FORM.matcher(text).matches();
    }

    /** All versions for an error message: {@code "0.3.0, 0.3.1, …"}. */
    public static String all() {
        return Arrays.stream(values()).map(CniVersion::text).collect(Collectors.joining(", "));
    }

    public boolean isAtLeast(CniVersion other) {
        return compareTo(other) >= 0;
    }

    /** As it stands in {@code cniVersion}: {@code "1.1.0"}. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
