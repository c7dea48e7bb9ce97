package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PtyTests {
    private final Syscalls syscalls = JnaSyscalls.instance();

    @Test
    void whatIsTypedArrivesAtTheTerminalAndIsEchoed() {
        try (Pty pty = Pty.open(syscalls)) {
            byte[] line = "hello\n".getBytes(StandardCharsets.US_ASCII);
            assertThat(syscalls.write(pty.master().number(), line, 0, line.length))
                    .isEqualTo(line.length);

            assertThat(read(pty.terminal().number())).isEqualTo("hello\n");
            assertThat(read(pty.master().number())).isEqualTo("hello\r\n");
        }
    }

    @Test
    void aRawTerminalPassesBytesAsTheyAre() {
        try (Pty pty = Pty.open(syscalls)) {
            pty.makeRaw();
            // With the characters that end the input and interrupt.
            byte[] typed = "no line\u0004\u0003\r".getBytes(StandardCharsets.US_ASCII);
            byte[] shown = "a\nb".getBytes(StandardCharsets.US_ASCII);
            syscalls.write(pty.master().number(), typed, 0, typed.length);
            syscalls.write(pty.terminal().number(), shown, 0, shown.length);

            assertThat(read(pty.terminal().number())).isEqualTo("no line\u0004\u0003\r");
            assertThat(read(pty.master().number())).isEqualTo("a\nb");
        }
    }

    @Test
    void theTerminalHasTheSizeThatWasSet() {
        try (Pty pty = Pty.open(syscalls)) {
            pty.resize(132, 43);

            byte[] size = new byte[8];
            syscalls.ioctl(pty.terminal().number(), LinuxConstants.TIOCGWINSZ, size);
            assertThat(JnaCalls.unsignedShortAt(size, 0)).isEqualTo(43);
            assertThat(JnaCalls.unsignedShortAt(size, 2)).isEqualTo(132);
            assertThatThrownBy(() -> pty.resize(-1, 10)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theMasterFailsOnceNobodyHasTheTerminal() {
        try (Pty pty = Pty.open(syscalls)) {
            pty.terminal().close();

            assertThatThrownBy(() -> read(pty.master().number()))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            e -> assertThat(e.is(Errno.EIO)).isTrue());
        }
    }

    private String read(int fd) {
        byte[] buffer = new byte[100];
        return new String(buffer, 0, syscalls.read(fd, buffer, 0, buffer.length), StandardCharsets.US_ASCII);
    }
}
