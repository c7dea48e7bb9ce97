package io.gantry.pod.container;

import io.gantry.pod.testing.RuntimeBed;

class CrunExecTests extends RunningExecContract {
    @Override
    RuntimeBed openBed() throws Exception {
        return RuntimeBed.crun();
    }

    /** crun 1.8.1 copies the size when the command starts and not again. */
    @Override
    boolean passesOnResizes() {
        return false;
    }
}
