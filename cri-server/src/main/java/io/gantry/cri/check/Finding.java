package io.gantry.cri.check;

/**
 * What a check found out about one thing.
 *
 * @param subject what was looked at: {@code conmon}
 * @param detail what is there, or what is missing and what follows from that
 * @param remedy how to get it, empty when nothing is to be done
 */
public record Finding(Severity severity, String subject, String detail, String remedy) {
    /** How bad it is. */
    public enum Severity {
        /** As it should be. */
        OK,
        /** Gantry runs, but something will not work or not as well. */
        WARNING,
        /** No pod can run. */
        MISSING
    }

    static Finding ok(String subject, String detail) {
        return new Finding(Severity.OK, subject, detail, "");
    }

    static Finding warning(String subject, String detail, String remedy) {
        return new Finding(Severity.WARNING, subject, detail, remedy);
    }

    static Finding missing(String subject, String detail, String remedy) {
        return new Finding(Severity.MISSING, subject, detail, remedy);
    }
}
