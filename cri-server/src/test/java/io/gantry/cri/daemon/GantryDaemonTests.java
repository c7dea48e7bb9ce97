package io.gantry.cri.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.cli.ExitCodes;
import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.v1.ImageFsInfoRequest;
import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.ListContainersRequest;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.v1.StatusRequest;
import io.gantry.cri.v1.StatusResponse;
import io.gantry.cri.v1.StopPodSandboxRequest;
import io.gantry.cri.v1.VersionRequest;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole daemon on directories of its own, with real parts. */
class GantryDaemonTests {
    private final TestDirectories directories = TestDirectories.create();
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @BeforeEach
    void needs() {
        Privileges.assumeOverlay();
        var unused = Privileges.assumeProgram("runc");
    }

    @AfterEach
    void close() {
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        directories.close();
    }

    private Path file() {
        return directories.file("gantry.toml", """
                root = "%1$s/root"
                state = "%1$s/state"
                [api]
                socket = "%1$s/cri.sock"
                drain_timeout = "1s"
                [network]
                conf_dir = "%1$s/net.d"
                [images]
                registry_dir = "%1$s/certs.d"
                [nri]
                socket = "%1$s/nri/nri.sock"
                plugin_dir = "%1$s/nri/plugins"
                config_dir = "%1$s/nri/conf.d"
                [runtime]
                pause = "%1$s/gantry-pause"
                """.formatted(directories.root()));
    }

    private GantryConfig config() {
        return ConfigLoader.load(file()).orThrow();
    }

    @Test
    void startsAnswersStopsAndStartsAgain() throws Exception {
        for (int round = 0; round < 2; round++) {
            try (GantryDaemon daemon = new GantryDaemon(config(), Map.of())) {
                daemon.start();
                ask();
            }
            assertThat(directories.root().resolve("cri.sock")).doesNotExist();
        }
    }

    private void ask() {
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(
                        directories.root().resolve("cri.sock").toFile()))
                .eventLoopGroup(eventLoop)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        try {
            var runtime = RuntimeServiceGrpc.newBlockingStub(channel);
            var images = ImageServiceGrpc.newBlockingStub(channel);
            assertThat(runtime.version(VersionRequest.getDefaultInstance()).getRuntimeName())
                    .isEqualTo("gantry");
            StatusResponse status =
                    runtime.status(StatusRequest.newBuilder().setVerbose(true).build());
            assertThat(status.getStatus().getConditions(1).getStatus())
                    .as("network is ready")
                    .isFalse();
            assertThat(status.getStatus().getConditions(1).getReason()).isEqualTo("NetworkPluginNotReady");
            assertThat(status.getInfoMap()).containsKeys("config", "node", "network");
            assertThat(runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                            .getItemsList())
                    .isEmpty();
            assertThat(runtime.listContainers(ListContainersRequest.getDefaultInstance())
                            .getContainersList())
                    .isEmpty();
            assertThat(runtime.stopPodSandbox(StopPodSandboxRequest.newBuilder()
                            .setPodSandboxId("unknown")
                            .build()))
                    .isNotNull();
            assertThat(images.imageFsInfo(ImageFsInfoRequest.getDefaultInstance())
                            .getImageFilesystems(0)
                            .getFsId()
                            .getMountpoint())
                    .isEqualTo(directories.root().resolve("root").toString());
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void aSecondDaemonOnTheSameDirectoriesIsRefused() throws Exception {
        try (GantryDaemon first = new GantryDaemon(config(), Map.of());
                GantryDaemon second = new GantryDaemon(config(), Map.of())) {
            first.start();

            assertThatThrownBy(second::start).hasMessageContaining("another process works on it");
            second.close();

            ask();
        }
    }

    @Test
    void aBadConfigurationHasItsOwnExitCode() {
        Path file = directories.file("bad.toml", "rot = 1\n");

        assertThat(GantryDaemon.serve(new ServeOptions(file), Map.of())).isEqualTo(ExitCodes.CONFIGURATION);
    }
}
