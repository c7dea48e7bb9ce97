package io.gantry.e2e.process;

/**
 * What a program that ended left.
 *
 * @param command its words, for messages
 * @param status exit status, 128 + the signal's number when a signal ended it
 * @param output what it wrote to standard output
 * @param error what it wrote to standard error
 */
public record Result(String command, int status, String output, String error) {

    /** Standard output without the line end, provided the program succeeded. */
    public String line() {
        if (status != 0) {
            throw new IllegalStateException(
                    "run " + command + ": exit status " + status + ": " + (error + output).strip());
        }
        return output.strip();
    }
}
