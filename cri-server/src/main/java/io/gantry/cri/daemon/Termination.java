package io.gantry.cri.daemon;

import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * Waits for SIGTERM or SIGINT. They are taken from the JVM, whose own way of ending would take the log away while parts are
 * still being stopped; a second one ends the process at once.
 */
final class Termination {
    /** Exit code of a process that a second signal ended: 128 + SIGTERM. */
    private static final int FORCED = 143;

    private static final Logger log = LoggerFactory.getLogger(Termination.class);

    private final CountDownLatch asked = new CountDownLatch(1);

    /** Takes the signals from now on. */
    static Termination listen() {
        Termination termination = new Termination();
        for (String name : new String[] {"TERM", "INT"}) {
            Signal.handle(new Signal(name), signal -> termination.ask("SIG" + signal.getName()));
        }
        // A daemon has no terminal to lose.
        Signal.handle(new Signal("HUP"), signal -> log.info("signal ignored: signal=SIGHUP"));
        return termination;
    }

    /** Asks for the end; a second time forces it. */
    void ask(String why) {
        if (asked.getCount() == 0) {
            log.warn("forced to end: reason={}", why);
            Runtime.getRuntime().halt(FORCED);
        }
        log.info("asked to stop: reason={}", why);
        asked.countDown();
    }

    /** Returns once the end was asked for. */
    void await() throws InterruptedException {
        asked.await();
    }
}
