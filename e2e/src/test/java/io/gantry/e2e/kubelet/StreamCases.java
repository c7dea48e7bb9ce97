package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.gantry.e2e.kubelet.StreamClient.Transport;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Exec, attach and port-forward through the kubelet's own API. */
abstract class StreamCases extends KubeletCases {
    private static final Pattern FORWARDING = Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d+) -> .*");

    @ParameterizedTest
    @EnumSource
    void exec(Transport transport) throws Exception {
        String main = start(Pods.shell(name("exec", transport), Pods.IDLE).build());
        try (StreamClient client = StreamClient.start(
                node().kubelet(), transport, "-stdin", "exec", main, "sh", "-c", "echo to-err >&2; cat; exit 7")) {
            client.send("one\n");
            assertThat(client.line()).isEqualTo("one");
            // The end of the input ends cat.
            client.send("two\n").endInput();
            assertThat(client.rest()).isEqualTo("two\n");
            assertThat(client.status()).isEqualTo(7);
            assertThat(client.errors()).isEqualTo("to-err\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void execOnATerminal(Transport transport) throws Exception {
        String main = start(Pods.shell(name("exec-tty", transport), Pods.IDLE).build());
        // The size arrives on a stream of its own, a moment after the start.
        String script = "i=0; while [ \"$(stty size 2>/dev/null)\" != '22 33' ] && [ $i -lt 100 ]; do sleep 0.1; "
                + "i=$((i+1)); done; tty; stty size";
        try (StreamClient client =
                StreamClient.start(node().kubelet(), transport, "-stdin", "-tty", "exec", main, "sh", "-c", script)) {
            assertThat(client.line()).startsWith("/dev/pts/");
            assertThat(client.line()).isEqualTo("22 33");
            assertThat(client.status()).isZero();
        }
    }

    /** What is typed before the command runs is shown once, and the end of the input is one for the command. */
    @ParameterizedTest
    @EnumSource
    void earlyInputOfATerminal(Transport transport) throws Exception {
        String main = start(Pods.shell(name("exec-early", transport), Pods.IDLE).build());
        try (StreamClient client =
                StreamClient.start(node().kubelet(), transport, "-stdin", "-tty", "exec", main, "cat")) {
            client.send("typed\n").endInput();
            assertThat(client.rest()).isEqualTo("typed\r\ntyped\r\n");
            assertThat(client.status()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void attach(Transport transport) throws Exception {
        Pod pod = Pods.shell(
                        name("attach", transport),
                        "while read -r line; do echo \"out $line\"; echo \"err $line\" >&2; done; exit 5")
                .build();
        pod.getSpec().getContainers().getFirst().setStdin(true);
        pod.getSpec().getContainers().getFirst().setStdinOnce(false);
        String main = start(pod);
        try (StreamClient first = StreamClient.start(node().kubelet(), transport, "-stdin", "attach", main);
                StreamClient second = StreamClient.start(node().kubelet(), transport, "-stdin", "attach", main)) {
            // Both are there when each has had an answer of its own.
            first.send("a\n");
            assertThat(first.line()).isEqualTo("out a");
            second.send("b\n");
            assertThat(awaitLine(second, "out b")).isEqualTo("out b");
            first.send("c\n");
            assertThat(awaitLine(first, "out c")).isEqualTo("out c");
            assertThat(awaitLine(second, "out c")).isEqualTo("out c");
            Await.until("standard error", first::errors, text -> text.contains("err c\n"));
        }
        assertThat(Pods.isRunning(
                        Pods.main(pods().find(pod.getMetadata().getName()).orElseThrow())
                                .orElseThrow()))
                .isTrue();
    }

    private static String awaitLine(StreamClient client, String wanted) throws Exception {
        String line = client.line();
        while (!line.equals(wanted)) {
            line = client.line();
        }
        return line;
    }

    @ParameterizedTest
    @EnumSource
    void portForward(Transport transport) throws Exception {
        String name = name("forward", transport);
        run(new PodBuilder(Pods.shell(
                                name, "mkdir /web; seq 1 20000 >/web/numbers; exec httpd -f -p 127.0.0.1:8080 -h /web")
                        .build())
                .build());
        pods().awaitReady(name);
        try (StreamClient client =
                        StreamClient.start(node().kubelet(), transport, "forward", StaticPods.path(name), ":8080");
                HttpClient http = HttpClient.newHttpClient()) {
            Matcher line = FORWARDING.matcher(client.line());
            assertThat(line.matches()).isTrue();
            URI page = URI.create("http://127.0.0.1:" + line.group(1) + "/numbers");

            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(http.sendAsync(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString()));
            }

            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer).as(client::errors).succeedsWithin(Duration.ofMinutes(1));
                assertThat(answer.get().statusCode()).isEqualTo(200);
                assertThat(answer.get().body()).hasSize(108_894).endsWith("\n20000\n");
            }
            client.endInput();
            assertThat(client.status()).isZero();
        }
    }

    private static String name(String what, Transport transport) {
        return what + "-" + transport.name().toLowerCase(Locale.ROOT);
    }

    /** Runs the pod and returns where its container is in the kubelet's API. */
    private String start(Pod pod) throws Exception {
        String name = run(pod);
        pods().awaitReady(name);
        return StaticPods.path(name) + "/main";
    }
}
