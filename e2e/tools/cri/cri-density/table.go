package main

import (
	"fmt"
	"io"
	"slices"
)

// operations in the order in which a reader asks for them; one without samples is not printed.
var operations = []string{
	"RunPodSandbox", "CreateContainer", "StartContainer", "CreateContainer + StartContainer", "pod to running",
	"ExecSync true", "ListContainers", "ListPodSandbox", "ListContainerStats", "ListPodSandboxStats",
	"StopContainer", "StopPodSandbox", "RemovePodSandbox", "teardown",
}

// printTable writes one row for each figure, one column for each runtime, and the first one's ratio to each other.
func printTable(out io.Writer, pods int, runtimes []*cri) {
	fmt.Fprintf(out, "%d pods of one container on each, in turn\n\n%-34s", pods, "")
	for _, r := range runtimes {
		fmt.Fprintf(out, "%14s", r.name)
	}
	for _, r := range runtimes[1:] {
		fmt.Fprintf(out, "  %s/%s", runtimes[0].name, r.name)
	}
	fmt.Fprintln(out)
	for _, operation := range operations {
		row(out, operation+", ms", runtimes, func(r *cri) (float64, bool) {
			samples := r.report.milliseconds[operation]
			return median(samples), len(samples) > 0
		})
	}
	row(out, "daemon before the pods, MiB PSS", runtimes, mib(func(r *cri) int64 { return r.report.idleKiB }))
	row(out, "daemon with the pods, MiB PSS", runtimes, mib(func(r *cri) int64 { return r.report.fullKiB }))
	row(out, "monitors with the pods, MiB PSS", runtimes, mib(func(r *cri) int64 { return r.report.monitorsKiB }))
	row(out, "daemon and monitors, MiB PSS", runtimes,
		mib(func(r *cri) int64 { return r.report.fullKiB + r.report.monitorsKiB }))
	row(out, "monitors, number", runtimes, func(r *cri) (float64, bool) { return float64(r.report.monitors), true })
}

func row(out io.Writer, title string, runtimes []*cri, value func(*cri) (float64, bool)) {
	values := make([]float64, len(runtimes))
	known := make([]bool, len(runtimes))
	for i, r := range runtimes {
		values[i], known[i] = value(r)
	}
	if !slices.Contains(known, true) {
		return
	}
	fmt.Fprintf(out, "%-34s", title)
	for i := range values {
		if known[i] {
			fmt.Fprintf(out, "%14.2f", values[i])
		} else {
			fmt.Fprintf(out, "%14s", "not there")
		}
	}
	for i, r := range runtimes[1:] {
		width := len(runtimes[0].name) + len(r.name) + 3
		if known[0] && known[i+1] && values[i+1] > 0 {
			fmt.Fprintf(out, "%*.2f", width, values[0]/values[i+1])
		} else {
			fmt.Fprintf(out, "%*s", width, "-")
		}
	}
	fmt.Fprintln(out)
}

func mib(kib func(*cri) int64) func(*cri) (float64, bool) {
	return func(r *cri) (float64, bool) { return float64(kib(r)) / 1024, true }
}

func median(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
