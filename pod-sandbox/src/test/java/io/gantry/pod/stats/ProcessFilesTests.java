package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ProcessFilesTests {
    private static final String NET_DEV = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 10567193587  313874    0    0    0     0          0         0 10567193587  313874    0    0    0     0       0          0
              eth0: 1566      17    1    2    0     0          0         0      472       6    3    4    0     0       0          0
            net1:0: 18446744073709551615       7    0    0    0     0          0         0        8       9    0    0    0     0       0          0
            """;

    @Test
    void readsInterfacesWithoutLoopback() {
        assertThat(NetworkInterface.parse(NET_DEV))
                .containsExactly(
                        new NetworkInterface("eth0", 1566, 17, 1, 2, 472, 6, 3, 4),
                        new NetworkInterface("net1:0", Long.MAX_VALUE, 7, 0, 0, 8, 9, 0, 0));
        assertThat(NetworkInterface.parse(null)).isEmpty();
    }

    @Test
    void countsDescriptorsAndSockets() throws Exception {
        ProcessReader reader = new ProcessReader(Path.of("/proc"));
        int self = Math.toIntExact(ProcessHandle.current().pid());
        ProcessCounts before = reader.count(new KernelFiles(), self + "\n", self);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ProcessCounts after = reader.count(new KernelFiles(), self + "\n999999999\n", self);

            assertThat(socket.isBound()).isTrue();
            assertThat(after.sockets()).isGreaterThan(before.sockets());
            assertThat(after.fileDescriptors()).isGreaterThan(after.sockets());
        }
    }

    @Test
    void readsTheSoftLimitOfOpenFiles() {
        String limits = """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             96365                96365                processes
                Max open files            20000                524288               files
                Max locked memory         8388608              8388608              bytes
                """;

        assertThat(ProcessReader.maxOpenFiles(limits)).isEqualTo(20000L);
        assertThat(ProcessReader.maxOpenFiles("Max open files            unlimited            unlimited"))
                .isNull();
        assertThat(ProcessReader.maxOpenFiles(null)).isNull();
    }

    @Test
    void pressureOfOldKernelsHasNoFullLine() {
        Pressure pressure = Pressure.parse("some avg10=1.50 avg60=0.00 avg300=0.00 total=12\n");

        assertThat(pressure).isEqualTo(new Pressure(new Pressure.Line(12, 1.5, 0, 0), new Pressure.Line(0, 0, 0, 0)));
        assertThat(Pressure.parse("")).isNull();
        assertThat(Pressure.parse(null)).isNull();
    }
}
