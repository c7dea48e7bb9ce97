package io.gantry.platform.linux;

/** The kernel itself, through the C library by JNA direct mapping. Has no state: one instance serves all threads. */
public final class JnaSyscalls
        implements Syscalls,
                JnaFileSyscalls,
                JnaDirectorySyscalls,
                JnaMountSyscalls,
                JnaProcessSyscalls,
                JnaEventSyscalls {
    private static final JnaSyscalls INSTANCE = new JnaSyscalls();

    private JnaSyscalls() {}

    public static JnaSyscalls instance() {
        return INSTANCE;
    }
}
