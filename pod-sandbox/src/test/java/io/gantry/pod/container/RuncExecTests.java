package io.gantry.pod.container;

import io.gantry.pod.testing.RuntimeBed;

class RuncExecTests extends RunningExecContract {
    @Override
    RuntimeBed openBed() throws Exception {
        return RuntimeBed.runc();
    }
}
