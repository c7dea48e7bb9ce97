package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

/** How containers of a pod start, end and start again. */
abstract class LifeCases extends KubeletCases {
    /** Adds a line to the file {@code order} in the pod's directory. */
    private static String note(String what) {
        return "echo '" + what + "' >>" + Pods.STATE + "/order; ";
    }

    @Test
    void initContainers() throws Exception {
        Pod pod = new PodBuilder(Pods.shell("init", note("main") + Pods.IDLE).build())
                .editSpec()
                .withInitContainers(
                        Pods.container("first", "sleep 0.5; " + note("first")),
                        Pods.container(
                                "second",
                                note("second") + "test -e " + Pods.STATE + "/again || { touch " + Pods.STATE
                                        + "/again; exit 3; }"))
                .endSpec()
                .build();
        String name = runWithDirectory(pod);

        Pod ready = pods().awaitReady(name);

        assertThat(lines(name, "order")).containsExactly("first", "second", "second", "main");
        ContainerStatus first = Pods.status(ready, "first").orElseThrow();
        assertThat(first.getState().getTerminated().getExitCode()).isZero();
        assertThat(first.getState().getTerminated().getReason()).isEqualTo("Completed");
        ContainerStatus second = Pods.status(ready, "second").orElseThrow();
        assertThat(second.getRestartCount()).isEqualTo(1);
        assertThat(second.getLastState().getTerminated().getExitCode()).isEqualTo(3);
        assertThat(second.getLastState().getTerminated().getReason()).isEqualTo("Error");
    }

    @Test
    void sidecarContainer() throws Exception {
        String loop = "while :; do sleep 0.1; done";
        Container sidecar = new ContainerBuilder(Pods.container(
                        "sidecar",
                        note("sidecar up") + "touch " + Pods.STATE
                                + "/up; trap '" + note("sidecar down").replace("'", "") + "exit 0' TERM; while ! rm "
                                + Pods.STATE + "/fail 2>/dev/null; do sleep 0.1; done; exit 4"))
                .withRestartPolicy("Always")
                .withNewStartupProbe()
                .withNewExec()
                .withCommand("test", "-e", Pods.STATE + "/up")
                .endExec()
                .withPeriodSeconds(1)
                .withFailureThreshold(100)
                .endStartupProbe()
                .build();
        Pod pod = new PodBuilder(Pods.shell(
                                "sidecar",
                                note("main up") + "trap '" + note("main down").replace("'", "") + "exit 0' TERM; "
                                        + loop)
                        .build())
                .editSpec()
                .withTerminationGracePeriodSeconds(20L)
                .withInitContainers(sidecar)
                .endSpec()
                .build();
        String name = runWithDirectory(pod);
        Pod ready = pods().awaitReady(name);
        assertThat(lines(name, "order")).containsExactly("sidecar up", "main up");
        assertThat(Pods.isRunning(Pods.status(ready, "sidecar").orElseThrow())).isTrue();

        touch(name, "fail");
        Pod restarted = pods().await(
                        name,
                        "its sidecar restarted",
                        seen -> Pods.status(seen, "sidecar")
                                .filter(status -> status.getRestartCount() == 1 && Pods.isRunning(status))
                                .isPresent());

        assertThat(Pods.status(restarted, "sidecar")
                        .orElseThrow()
                        .getLastState()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(4);
        assertThat(Pods.main(restarted).orElseThrow().getRestartCount()).isZero();
        pods().remove(name);
        Await.until("both to have ended", () -> lines(name, "order"), order -> order.size() == 5);
        assertThat(lines(name, "order"))
                .containsExactly("sidecar up", "main up", "sidecar up", "main down", "sidecar down");
    }

    @Test
    void restartsWithBackOff() throws Exception {
        String name = run(Pods.shell("backoff", "echo 'last words' >/dev/termination-log; exit 3")
                .build());

        ContainerStatus waiting = pods().awaitMain(
                        name,
                        "backed off",
                        status -> status.getRestartCount() >= 2
                                && status.getState().getWaiting() != null
                                && status.getState().getWaiting().getReason().equals("CrashLoopBackOff"));

        ContainerStateTerminated last = waiting.getLastState().getTerminated();
        assertThat(last.getExitCode()).isEqualTo(3);
        assertThat(last.getReason()).isEqualTo("Error");
        assertThat(last.getMessage()).isEqualTo("last words\n");
        assertThat(waiting.getState().getWaiting().getMessage()).startsWith("back-off ");
    }

    @Test
    void aPodThatIsNotRestartedEnds() throws Exception {
        Pod pod = new PodBuilder(Pods.shell("once", "exit 0").build())
                .editSpec()
                .withRestartPolicy("Never")
                .endSpec()
                .build();
        String name = run(pod);

        Pod ended =
                pods().await(name, "ended", seen -> seen.getStatus().getPhase().equals("Succeeded"));

        ContainerStateTerminated state =
                Pods.main(ended).orElseThrow().getState().getTerminated();
        assertThat(state.getReason()).isEqualTo("Completed");
        assertThat(state.getFinishedAt()).isNotEmpty();
    }

    @Test
    void terminationGrace() throws Exception {
        // One that needs a second of its thirty, one that never ends of itself.
        Pod obedient = grace(
                "grace-obedient",
                30,
                "trap '" + note("asked").replace("'", "") + "sleep 1; "
                        + note("done").replace("'", "") + "exit 0' TERM; " + note("up")
                        + "while :; do sleep 0.1; done");
        Pod stubborn = grace(
                "grace-stubborn",
                2,
                "trap '" + note("asked").replace("'", "") + "' TERM; " + note("up")
                        + "while :; do sleep 0.1; [ \"$(grep -c asked " + Pods.STATE + "/order)\" = 0 ] || "
                        + note("tick")
                        + "done");
        runWithDirectory(obedient);
        runWithDirectory(stubborn);
        pods().awaitReady("grace-obedient");
        pods().awaitReady("grace-stubborn");

        pods().remove("grace-obedient");
        pods().remove("grace-stubborn");

        Await.until("the first to have ended", () -> lines("grace-obedient", "order"), order -> order.contains("done"));
        assertThat(lines("grace-obedient", "order")).containsExactly("up", "asked", "done");
        Await.until(
                "the second to be gone",
                () -> node().crictl(
                                "ps",
                                "-q",
                                "--label",
                                "io.kubernetes.pod.name=" + StaticPods.fullName("grace-stubborn")),
                String::isEmpty);
        // It was asked once and then had time.
        assertThat(lines("grace-stubborn", "order")).startsWith("up", "asked", "tick", "tick");
        assertThat(lines("grace-stubborn", "order").stream().filter(line -> line.equals("asked")))
                .hasSize(1);
    }

    private static Pod grace(String name, long seconds, String script) {
        return new PodBuilder(Pods.shell(name, script).build())
                .editSpec()
                .withTerminationGracePeriodSeconds(seconds)
                .endSpec()
                .build();
    }

    @Test
    void preStopAndPostStartHooks() throws Exception {
        Pod pod = new PodBuilder(Pods.shell(
                                "hooks",
                                note("up") + "trap '" + note("TERM").replace("'", "")
                                        + "exit 0' TERM; while :; do sleep 0.1; done")
                        .build())
                .editSpec()
                .withTerminationGracePeriodSeconds(30L)
                .editFirstContainer()
                .withNewLifecycle()
                .withNewPostStart()
                .withNewExec()
                .withCommand("sh", "-c", note("postStart"))
                .endExec()
                .endPostStart()
                .withNewPreStop()
                .withNewExec()
                .withCommand("sh", "-c", note("preStop") + "sleep 0.5; " + note("preStop done"))
                .endExec()
                .endPreStop()
                .endLifecycle()
                .endContainer()
                .endSpec()
                .build();
        String name = runWithDirectory(pod);
        pods().awaitReady(name);
        assertThat(lines(name, "order")).containsExactlyInAnyOrder("up", "postStart");

        pods().remove(name);

        Await.until("the container to have ended", () -> lines(name, "order"), order -> order.contains("TERM"));
        assertThat(lines(name, "order").subList(2, 5)).containsExactly("preStop", "preStop done", "TERM");
    }
}
