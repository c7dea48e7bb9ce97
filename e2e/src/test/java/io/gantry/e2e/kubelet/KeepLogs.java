package io.gantry.e2e.kubelet;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps the logs of the node when a test on it fails, before anything is removed. */
final class KeepLogs implements AfterTestExecutionCallback {
    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()
                && context.getRequiredTestInstance() instanceof KubeletCases cases) {
            String arguments = context.getDisplayName();
            String method = context.getRequiredTestMethod().getName();
            cases.node()
                    .keepLogs(context.getRequiredTestClass().getSimpleName() + "-" + method
                            + (arguments.startsWith(method) ? "" : "-" + arguments));
        }
    }
}
