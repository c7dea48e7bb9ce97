package io.gantry.platform.storage;

import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads many small files with a few threads. */
final class ParallelReads {
    private static final int FILES_PER_THREAD = 16;
    private static final int MAX_THREADS = 8;

    private ParallelReads() {}

    static <T> List<RecordFile.Read<T>> readAll(List<Path> files, RecordFile<T> format) {
        int threads = Math.min(MAX_THREADS, (files.size() + FILES_PER_THREAD - 1) / FILES_PER_THREAD);
        if (threads <= 1) {
            return files.stream().map(format::read).toList();
        }
        int share = (files.size() + threads - 1) / threads;
        List<TaskScope.Task<List<RecordFile.Read<T>>>> tasks = new ArrayList<>();
        try (TaskScope scope = new TaskScope("load records")) {
            for (int from = 0; from < files.size(); from += share) {
                List<Path> part = files.subList(from, Math.min(files.size(), from + share));
                tasks.add(
                        scope.fork("part", () -> part.stream().map(format::read).toList()));
            }
            scope.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw GantryException.of(ErrorKind.CANCELLED, "load records", "interrupted")
                    .causedBy(e);
        }
        return tasks.stream().flatMap(task -> task.get().stream()).toList();
    }
}
