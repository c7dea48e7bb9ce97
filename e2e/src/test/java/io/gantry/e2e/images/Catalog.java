package io.gantry.e2e.images;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Every image the end-to-end runs pull. The names and contents under {@code e2e-test-images}, {@code pause} and
 * {@code k8s-staging-cri-tools} are what critest of cri-tools 1.36 asks for; {@code gantry} holds the project's own.
 */
final class Catalog {
    private static final String CRI_TOOLS = "k8s-staging-cri-tools/";
    private static final String PASSWD = """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1:daemon:/usr/sbin:/bin/false
            www-data:x:33:33:www-data:/var/www:/bin/false
            nobody:x:65534:65534:nobody:/nonexistent:/bin/false
            """;
    private static final String GROUP = """
            root:x:0:
            daemon:x:1:
            tty:x:5:
            www-data:x:33:
            nogroup:x:65534:
            """;

    private final Path work;
    private final Path packages;

    /** Builds in {@code work}; {@code packages} is a root with the unpacked Debian packages busybox and nginx. */
    Catalog(Path work, Path packages) {
        this.work = work;
        this.packages = packages;
    }

    List<TestImage> build() throws IOException, InterruptedException {
        RootFilesystem shell = shell();
        Layer base = shell.pack();
        List<TestImage> images = new ArrayList<>();
        images.add(TestImage.of("e2e-test-images/busybox", "1.29-2", base).form(ManifestForm.OCI));
        images.addAll(webServers(shell, base));
        images.add(nonewprivs(base));
        images.add(pause());
        images.addAll(users(base));
        images.addAll(references(base));
        images.addAll(own(base));
        return images;
    }

    /** The Debian busybox that is linked dynamically: its shell does not run applets from inside itself. */
    private RootFilesystem shell() throws IOException, InterruptedException {
        Path busybox = findProgram("busybox");
        RootFilesystem root = new RootFilesystem(work.resolve("shell"), packages)
                .program("bin/busybox", 0755, busybox)
                .file("etc/passwd", 0644, PASSWD)
                .file("etc/group", 0644, GROUP)
                .file("etc/nsswitch.conf", 0644, "passwd: files\ngroup: files\nhosts: files dns\n")
                .directory("tmp", 01777)
                .directory("root", 0700)
                .directory("proc", 0755)
                .directory("sys", 0755)
                .directory("dev", 0755)
                .directory("home", 0755)
                .directory("var/lib", 0755)
                .directory("var/run", 0755)
                .directory("var/www", 0755);
        for (String applet : Command.of(busybox.toString(), "--list").run().split("\n")) {
            if (!applet.isBlank()) {
                root.hardLink("bin/" + applet.strip(), "bin/busybox");
            }
        }
        return root.program("usr/bin/pgrep", 0755, Path.of("/usr/bin/pgrep"))
                .program("usr/bin/ipcs", 0755, Path.of("/usr/bin/ipcs"));
    }

    private List<TestImage> webServers(RootFilesystem shell, Layer base) throws IOException, InterruptedException {
        Layer program = new RootFilesystem(work.resolve("nginx"), packages)
                .program("usr/sbin/nginx", 0755, findProgram("nginx"), shell)
                .directory("var/lib/nginx", 0755)
                .directory("var/log/nginx", 0755)
                .directory("usr/share/nginx/html", 0755)
                .file("usr/share/nginx/html/index.html", 0644, "<h1>Welcome to nginx!</h1>\n")
                .file("etc/nginx/nginx.conf", 0644, nginxConfig(80))
                .pack();
        Layer otherPort = new RootFilesystem(work.resolve("nginx-12003"), packages)
                .file("etc/nginx/nginx.conf", 0644, nginxConfig(12003))
                .pack();
        Layer pages = new RootFilesystem(work.resolve("httpd"), packages)
                .file("var/www/index.html", 0644, "<html><body><h1>It works!</h1></body></html>\n")
                .pack();
        TestImage nginx = TestImage.of("e2e-test-images/nginx", "1.14-2", base, program)
                .command("nginx", "-g", "daemon off;")
                .form(ManifestForm.OCI_INDEX);
        return List.of(
                nginx,
                new TestImage(
                                CRI_TOOLS + "hostnet-nginx-" + Manifests.architecture(),
                                List.of("latest"),
                                nginx.layers(),
                                "",
                                List.of(),
                                nginx.command(),
                                ManifestForm.DOCKER)
                        .plus(otherPort),
                TestImage.of("e2e-test-images/httpd", "2.4.39-4", base, pages)
                        .command("sh", "-c", "echo 'busybox httpd serves /var/www'; exec httpd -f -p 80 -h /var/www"));
    }

    private TestImage nonewprivs(Layer base) throws IOException, InterruptedException {
        Path program = compile("nonewprivs", """
                #include <stdio.h>
                #include <unistd.h>
                int main(void) {
                    printf("Effective uid: %d\\n", (int)geteuid());
                    return 0;
                }
                """);
        Layer layer = new RootFilesystem(work.resolve("nonewprivs-root"), packages)
                .staticProgram("usr/bin/nonewprivs", 04755, program)
                .pack();
        return TestImage.of("e2e-test-images/nonewprivs", "1.3", base, layer).entrypoint("/usr/bin/nonewprivs");
    }

    /** A pause program for runtimes that pull one, and for the specs that start and delete {@code pause:3.9}. */
    private TestImage pause() throws IOException, InterruptedException {
        Path program = compile("pause", """
                #include <signal.h>
                #include <sys/wait.h>
                #include <unistd.h>
                static void leave(int signal) { (void)signal; _exit(0); }
                static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0) {} }
                int main(void) {
                    signal(SIGINT, leave);
                    signal(SIGTERM, leave);
                    signal(SIGCHLD, reap);
                    for (;;) pause();
                }
                """);
        Layer layer = new RootFilesystem(work.resolve("pause-root"), packages)
                .staticProgram("pause", 0755, program)
                .pack();
        return TestImage.of("pause", "3.9", layer).entrypoint("/pause");
    }

    private List<TestImage> users(Layer base) throws IOException, InterruptedException {
        Layer group = new RootFilesystem(work.resolve("predefined-group"), packages)
                .file("etc/passwd", 0644, PASSWD + "default-user:x:1000:1000::/home/default-user:/bin/sh\n")
                .file("etc/group", 0644, GROUP + "default-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n")
                .directory("home/default-user", 0755)
                .pack();
        return List.of(
                latest("test-image-user-uid", base).user("1002"),
                latest("test-image-user-username", base).user("www-data"),
                latest("test-image-user-uid-group", base).user("1003:1004"),
                latest("test-image-user-username-group", base).user("www-data:1004"),
                latest("test-image-predefined-group", base).plus(group).user("1000"));
    }

    /** Images whose names, tags and digests the image specs look at; each has a file of its own, so an id of its own. */
    private List<TestImage> references(Layer base) throws IOException, InterruptedException {
        return List.of(
                latest("test-image-latest", base).plus(mark("latest")),
                latest("test-image-1", base).plus(mark("1")),
                latest("test-image-2", base).plus(mark("2")),
                latest("test-image-3", base).plus(mark("3")),
                TestImage.of(CRI_TOOLS + "test-image-tag", "test", base, mark("tag-test"))
                        .form(ManifestForm.OCI_INDEX),
                TestImage.of(CRI_TOOLS + "test-image-tag", "all", base, mark("tag-all")),
                latest("test-image-tags", base).plus(mark("tags")).tags("1", "2", "3"),
                latest("test-image-digest", base).plus(mark("digest")));
    }

    private List<TestImage> own(Layer base) throws IOException, InterruptedException {
        Layer hello = new RootFilesystem(work.resolve("hello"), packages)
                .file("bin/hello", 0755, """
                        #!/bin/sh
                        echo "Hello from $(hostname), a pod under Gantry"
                        trap 'echo "Bye"; exit 0' TERM INT
                        while :; do sleep 1 & wait $!; done
                        """)
                .pack();
        return List.of(
                TestImage.of("gantry/hello", "1", base, hello).command("/bin/hello"),
                TestImage.of("gantry/other-platform", "1", base).form(ManifestForm.OCI_INDEX_OTHER_PLATFORM));
    }

    private TestImage latest(String name, Layer base) {
        return TestImage.of(CRI_TOOLS + name, "latest", base);
    }

    private Layer mark(String name) throws IOException, InterruptedException {
        return new RootFilesystem(work.resolve("mark-" + name), packages)
                .file("etc/test-image", 0644, name + "\n")
                .pack();
    }

    private Path compile(String name, String source) throws IOException, InterruptedException {
        Path file = work.resolve(name + ".c");
        Path program = work.resolve(name);
        Files.writeString(file, source);
        Command.of("gcc", "-static", "-Os", "-s", "-Wall", "-Werror", "-o", program.toString(), file.toString())
                .run();
        return program;
    }

    private Path findProgram(String name) throws IOException {
        for (String directory : List.of("bin", "sbin", "usr/bin", "usr/sbin")) {
            Path program = packages.resolve(directory).resolve(name);
            if (Files.isExecutable(program)) {
                return program;
            }
        }
        throw new IOException("find " + name + " under " + packages + ": the Debian package is not unpacked there");
    }

    private static String nginxConfig(int port) {
        return """
                user www-data;
                worker_processes 1;
                pid /var/run/nginx.pid;
                error_log /dev/stderr warn;
                events { worker_connections 128; }
                http {
                    access_log /dev/stdout;
                    server {
                        listen %d;
                        location / { root /usr/share/nginx/html; index index.html; }
                    }
                }
                """.formatted(port);
    }
}
