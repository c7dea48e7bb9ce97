package io.gantry.pod.runtime;

import io.gantry.pod.testing.RuntimeBed;

class RuncTests extends OciRuntimeContract {
    @Override
    RuntimeBed openBed() throws Exception {
        return RuntimeBed.runc();
    }
}
