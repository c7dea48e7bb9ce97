package io.gantry.cni.network;

import io.gantry.cni.conflist.ChangeWatch;
import io.gantry.platform.linux.DirectoryWatch;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/** Directory changes from inotify(7). */
final class InotifyChanges implements ChangeWatch {
    @Override
    public Watch watch(Path directory, Consumer<String> onChange) {
        Set<DirectoryWatch.Event> events = EnumSet.allOf(DirectoryWatch.Event.class);
        DirectoryWatch watch = DirectoryWatch.watch(directory, events, onChange, () -> onChange.accept(""));
        return watch::close;
    }
}
