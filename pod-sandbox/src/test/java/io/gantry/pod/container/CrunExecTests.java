package io.gantry.pod.container;

import io.gantry.pod.testing.RuntimeBed;

class CrunExecTests extends RunningExecContract {
    @Override
    RuntimeBed openBed() throws Exception {
        return RuntimeBed.crun();
    }
}
