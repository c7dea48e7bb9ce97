package io.gantry.cri.cli;

/** What {@code gantry} exits with. */
public final class ExitCodes {
    /** It worked; for serve: it was asked to stop and did. */
    public static final int OK = 0;
    /** It did not work; standard error says why. For check: something that pods cannot run without is missing. */
    public static final int FAILURE = 1;
    /** The command line makes no sense. */
    public static final int USAGE = 2;
    /** The configuration has problems; all of them are on standard error. */
    public static final int CONFIGURATION = 3;

    private ExitCodes() {}
}
