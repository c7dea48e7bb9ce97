package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FdTests {
    private final JnaSyscalls syscalls = JnaSyscalls.instance();

    @Test
    void closesOnceAndIsNotUsableAfterwards() {
        Fd fd = new Fd(syscalls, syscalls.memfdCreate("x", LinuxConstants.MFD_CLOEXEC));
        assertThat(fd.number()).isGreaterThan(2);
        fd.close();
        fd.close();
        assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(fd::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void releasedItIsTheCallersToClose() {
        Fd fd = new Fd(syscalls, syscalls.memfdCreate("x", LinuxConstants.MFD_CLOEXEC));
        int number = fd.release();
        fd.close();
        syscalls.close(number);
        assertThatThrownBy(() -> syscalls.close(number))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF))
                .hasMessage("close descriptor " + number + ": bad file descriptor");
    }

    @Test
    void descriptorsTravelOverSockets() {
        int[] pair = syscalls.socketpair(
                LinuxConstants.AF_UNIX, LinuxConstants.SOCK_STREAM | LinuxConstants.SOCK_CLOEXEC, 0);
        int file = syscalls.memfdCreate("x", LinuxConstants.MFD_CLOEXEC);
        syscalls.write(file, new byte[] {42}, 0, 1);
        syscalls.sendFds(pair[0], List.of(file, file));
        List<Integer> received = syscalls.receiveFds(pair[1]);
        assertThat(received).hasSize(2).doesNotContain(file);
        byte[] one = new byte[1];
        assertThat(syscalls.pread(received.getFirst(), one, 0, 1, 0)).isEqualTo(1);
        assertThat(one[0]).isEqualTo((byte) 42);
        assertThat(syscalls.fcntl(received.getFirst(), LinuxConstants.F_GETFD, 0))
                .isEqualTo(LinuxConstants.FD_CLOEXEC);
        for (int fd : List.of(pair[0], pair[1], file, received.get(0), received.get(1))) {
            syscalls.close(fd);
        }
    }

    @Test
    void limitsAndClocksOfThisProcess() {
        ResourceLimit files = syscalls.getrlimit(LinuxConstants.RLIMIT_NOFILE);
        assertThat(files.soft()).isPositive().isLessThanOrEqualTo(files.hard());
        assertThat(syscalls.prlimit(0, LinuxConstants.RLIMIT_NOFILE, files)).isEqualTo(files);
        assertThat(syscalls.gettid()).isPositive();
        assertThat(syscalls.statfs("/proc").type()).isEqualTo(FilesystemStatus.PROC);
    }

    @Test
    void connectsToUnixSockets() throws Exception {
        int server = syscalls.socket(LinuxConstants.AF_UNIX, LinuxConstants.SOCK_SEQPACKET, 0);
        int client = syscalls.socket(LinuxConstants.AF_UNIX, LinuxConstants.SOCK_SEQPACKET, 0);
        java.nio.file.Path dir = java.nio.file.Files.createTempDirectory("gantry");
        java.nio.file.Path socket = dir.resolve("s");
        try {
            assertThatThrownBy(() -> syscalls.connectUnix(client, socket.toString()))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
            syscalls.bindUnix(server, socket.toString());
            syscalls.listen(server, 1);
            syscalls.connectUnix(client, socket.toString());
            int accepted = syscalls.accept4(server, LinuxConstants.SOCK_CLOEXEC);
            syscalls.write(client, new byte[] {1, 2, 3}, 0, 3);
            assertThat(syscalls.read(accepted, new byte[10], 0, 10)).isEqualTo(3);
            syscalls.close(accepted);
            assertThatThrownBy(() -> syscalls.connectUnix(client, "/" + "x".repeat(200)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG));
        } finally {
            syscalls.close(server);
            syscalls.close(client);
            java.nio.file.Files.deleteIfExists(socket);
            java.nio.file.Files.delete(dir);
        }
    }
}
