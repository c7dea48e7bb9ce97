package io.gantry.platform.linux;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Signals by number and name, as on x86-64 and arm64.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/signal.7.html">signal(7)</a>
 */
public final class Signals {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGABRT = 6;
    public static final int SIGKILL = 9;
    public static final int SIGUSR1 = 10;
    public static final int SIGUSR2 = 12;
    public static final int SIGPIPE = 13;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;
    public static final int SIGWINCH = 28;

    /** As programs see it: the C library keeps 32 and 33 for itself. */
    public static final int SIGRTMIN = 34;

    public static final int SIGRTMAX = 64;

    private static final String[] NAMES = {
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS"
    };

    private static final Map<String, Integer> NUMBERS = numbers();

    private Signals() {}

    private static Map<String, Integer> numbers() {
        Map<String, Integer> numbers = new TreeMap<>(Map.of("IOT", SIGABRT, "CLD", SIGCHLD, "POLL", 29));
        for (int i = 0; i < NAMES.length; i++) {
            numbers.put(NAMES[i], i + 1);
        }
        return Map.copyOf(numbers);
    }

    /**
     * The signal that a text means: {@code "SIGTERM"}, {@code "term"}, {@code "15"}, {@code "SIGRTMIN+3"}, {@code
     * "RTMAX-1"}; the forms that image configs use for their stop signal.
     *
     * @return empty when it is no signal of Linux
     */
    public static OptionalInt parse(String text) {
        String name = text.strip().toUpperCase(Locale.ROOT);
        if (!name.isEmpty() && name.length() <= 3 && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return inRange(Integer.parseInt(name));
        }
        if (name.startsWith("SIG")) {
            name = name.substring(3);
        }
        if (name.startsWith("RTMIN")) {
            return realTime(SIGRTMIN, name.substring(5), '+');
        }
        if (name.startsWith("RTMAX")) {
            return realTime(SIGRTMAX, name.substring(5), '-');
        }
        Integer number = NUMBERS.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    private static OptionalInt realTime(int base, String offset, char sign) {
        if (offset.isEmpty()) {
            return OptionalInt.of(base);
        }
        if (offset.charAt(0) != sign || !offset.substring(1).matches("[0-9]{1,2}")) {
            return OptionalInt.empty();
        }
        int distance = Integer.parseInt(offset.substring(1));
        int number = sign == '+' ? base + distance : base - distance;
        return number < SIGRTMIN ? OptionalInt.empty() : inRange(number);
    }

    private static OptionalInt inRange(int number) {
        return number >= 1 && number <= SIGRTMAX ? OptionalInt.of(number) : OptionalInt.empty();
    }

    /** The name of a number: {@code "SIGTERM"}, {@code "SIGRTMIN+3"}; the number itself when it has none. */
    public static String name(int signal) {
        if (signal >= 1 && signal <= NAMES.length) {
            return "SIG" + NAMES[signal - 1];
        }
        if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
            return signal == SIGRTMIN
                    ? "SIGRTMIN"
                    : signal == SIGRTMAX ? "SIGRTMAX" : "SIGRTMIN+" + (signal - SIGRTMIN);
        }
        return Integer.toString(signal);
    }
}
