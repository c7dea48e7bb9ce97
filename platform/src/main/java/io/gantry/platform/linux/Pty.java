package io.gantry.platform.linux;

/**
 * A pseudoterminal: this process holds the master, a child gets the terminal. The master does not block; the terminal
 * does, as programs expect.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pty.7.html">pty(7)</a>
 */
public final class Pty implements AutoCloseable {
    /** Largest number of rows or columns that the kernel can hold. */
    public static final int MAX_SIZE = 0xFFFF;

    private static final String MULTIPLEXER = "/dev/ptmx";
    private static final int FLAGS = LinuxConstants.O_RDWR | LinuxConstants.O_NOCTTY | LinuxConstants.O_CLOEXEC;

    /** Size of the kernel's {@code struct termios}: four words of flags, the line discipline, 19 characters. */
    private static final int TERMIOS_SIZE = 36;
    /** IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL, IXON. */
    private static final int COOKED_INPUT = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    /** OPOST. */
    private static final int COOKED_OUTPUT = 0x1;
    /** ISIG, ICANON, ECHO, ECHONL, IEXTEN. */
    private static final int COOKED_LOCAL = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    private final Syscalls syscalls;
    private final Fd master;
    private final Fd terminal;

    private Pty(Syscalls syscalls, Fd master, Fd terminal) {
        this.syscalls = syscalls;
        this.master = master;
        this.terminal = terminal;
    }

    /**
     * Makes a pair. Nothing is left open on failure.
     *
     * @throws ErrnoException such as ENOSPC when the host has no pseudoterminal left
     */
    public static Pty open(Syscalls syscalls) {
        Fd master = new Fd(
                syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, MULTIPLEXER, FLAGS | LinuxConstants.O_NONBLOCK, 0));
        try {
            syscalls.ioctl(master.number(), LinuxConstants.TIOCSPTLCK, new byte[4]);
            byte[] number = new byte[4];
            syscalls.ioctl(master.number(), LinuxConstants.TIOCGPTN, number);
            int terminal = syscalls.openat(LinuxConstants.AT_FDCWD, "/dev/pts/" + JnaCalls.intAt(number, 0), FLAGS, 0);
            return new Pty(syscalls, master, new Fd(syscalls, terminal));
        } catch (RuntimeException | Error e) {
            master.close();
            throw e;
        }
    }

    /** Takes over a master whose terminal someone else has; {@link #terminal} is closed here. */
    public static Pty ofMaster(Syscalls syscalls, Fd master) {
        Fd terminal = new Fd(syscalls, master.number());
        int unused = terminal.release();
        return new Pty(syscalls, master, terminal);
    }

    /** The side of this process: what is written is typed, what is read was displayed; EIO once no one has the terminal. */
    public Fd master() {
        return master;
    }

    /** The side for the child; to be closed here once the child has it. */
    public Fd terminal() {
        return terminal;
    }

    /**
     * Passes bytes through both ways as they are: no echo, no lines, no characters with a meaning. For a child that copies
     * between this terminal and another one, which would do all that again.
     *
     * @see <a href="https://man7.org/linux/man-pages/man3/termios.3.html">termios(3)</a>, cfmakeraw
     */
    public void makeRaw() {
        byte[] termios = new byte[TERMIOS_SIZE];
        syscalls.ioctl(terminal.number(), LinuxConstants.TCGETS, termios);
        clear(termios, 0, COOKED_INPUT);
        clear(termios, 4, COOKED_OUTPUT);
        clear(termios, 12, COOKED_LOCAL);
        syscalls.ioctl(terminal.number(), LinuxConstants.TCSETS, termios);
    }

    private static void clear(byte[] words, int at, int bits) {
        JnaCalls.putInt(words, at, JnaCalls.intAt(words, at) & ~bits);
    }

    /**
     * Sets the size, in characters. Processes that have it as their controlling terminal get SIGWINCH.
     *
     * @throws IllegalArgumentException for a size that is not from 0 to {@link #MAX_SIZE}
     */
    public void resize(int width, int height) {
        if (width < 0 || height < 0 || width > MAX_SIZE || height > MAX_SIZE) {
            throw new IllegalArgumentException("terminal size " + width + "x" + height);
        }
        byte[] size = new byte[8];
        JnaCalls.putShort(size, 0, height);
        JnaCalls.putShort(size, 2, width);
        syscalls.ioctl(master.number(), LinuxConstants.TIOCSWINSZ, size);
    }

    /** Closes both sides; processes that have the terminal get a hangup. */
    @Override
    public void close() {
        terminal.close();
        master.close();
    }
}
