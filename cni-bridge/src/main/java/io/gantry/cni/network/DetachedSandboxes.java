package io.gantry.cni.network;

import java.util.LinkedHashMap;
import java.util.Map;

/** The sandboxes known to hold nothing on any network any more, the last few thousand: detaching them again costs nothing. */
final class DetachedSandboxes {
    private static final int MOST = 4096;

    private final Map<String, Boolean> ids = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MOST;
        }
    };

    synchronized void add(String sandboxId) {
        ids.put(sandboxId, true);
    }

    synchronized void remove(String sandboxId) {
        ids.remove(sandboxId);
    }

    synchronized boolean contains(String sandboxId) {
        return ids.containsKey(sandboxId);
    }
}
