// Command cri-density runs the same pods on several CRI runtimes in turn and prints the median time of each call, the
// memory that the daemons and their monitors hold, and the ratio of the first runtime to each other one.
//
//	cri-density -pods 60 -image IMAGE -logs DIR NAME=SOCKET,PID,PROGRAM,TEXT,CGROUP...
//
// A runtime's monitors (conmon, shims) are the processes of the program whose command lines hold the text. Its
// pods get CGROUP as their parent.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// report is what was measured of one runtime.
type report struct {
	// milliseconds holds every sample by operation.
	milliseconds map[string][]float64
	// idleKiB and fullKiB are the PSS of the daemon before the first pod and with all pods running.
	idleKiB, fullKiB int64
	// monitorsKiB is the PSS of all monitors with all pods running, monitors their number.
	monitorsKiB int64
	monitors    int
}

func main() {
	pods := flag.Int("pods", 60, "pods on each runtime")
	image := flag.String("image", "", "image of the container")
	logs := flag.String("logs", "", "directory for container logs")
	flag.Parse()
	if err := run(*pods, *image, *logs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "cri-density:", err)
		os.Exit(1)
	}
}

func run(pods int, image, logs string, arguments []string) error {
	var runtimes []*cri
	for _, argument := range arguments {
		r, err := parse(argument, filepath.Join(logs, strings.SplitN(argument, "=", 2)[0]))
		if err != nil {
			return err
		}
		defer r.connection.Close()
		runtimes = append(runtimes, r)
	}
	err := measure(pods, image, runtimes)
	for _, r := range runtimes {
		if left := r.removeAll(); left != nil && err == nil {
			err = left
		}
	}
	if err != nil {
		return err
	}
	printTable(os.Stdout, pods, runtimes)
	return nil
}

func parse(argument, logs string) (*cri, error) {
	name, rest, _ := strings.Cut(argument, "=")
	parts := strings.SplitN(rest, ",", 5)
	if len(parts) != 5 {
		return nil, fmt.Errorf("read the runtime %q: want NAME=SOCKET,PID,PROGRAM,TEXT,CGROUP", argument)
	}
	pid, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, fmt.Errorf("read the pid of %q: %w", argument, err)
	}
	return connect(name, parts[0], pid, parts[2], parts[3], parts[4], logs)
}

// measure takes the runtimes in turn, pod by pod, so that whatever else the machine does meets all of them alike.
func measure(pods int, image string, runtimes []*cri) error {
	for _, r := range runtimes {
		if err := r.pull(image); err != nil {
			return err
		}
		// The first pod of a daemon pays for what is set up once; it is not counted.
		if err := r.runPod(-1, image); err != nil {
			return err
		}
		if err := r.exec(-1); err != nil {
			return err
		}
		if err := r.removePod(-1); err != nil {
			return err
		}
		r.report.milliseconds = map[string][]float64{}
		r.report.idleKiB = pss(r.pid)
	}
	steps := []func(*cri, int) error{
		func(r *cri, i int) error { return r.runPod(i, image) },
		func(r *cri, i int) error { return r.exec(i) },
		func(r *cri, _ int) error { return r.lists() },
	}
	for _, step := range steps {
		for i := 0; i < pods; i++ {
			for _, r := range inTurn(runtimes, i) {
				if err := step(r, i); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range runtimes {
		r.report.fullKiB = pss(r.pid)
		r.report.monitors, r.report.monitorsKiB = monitors(r.program, r.text)
	}
	for i := 0; i < pods; i++ {
		for _, r := range inTurn(runtimes, i) {
			if err := r.removePod(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// inTurn rotates the order, so that none is always the first.
func inTurn(runtimes []*cri, i int) []*cri {
	n := i % len(runtimes)
	return append(append([]*cri{}, runtimes[n:]...), runtimes[:n]...)
}
