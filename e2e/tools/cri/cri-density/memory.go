package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pss is a process's proportional share of memory in KiB, 0 when it is gone.
func pss(pid int) int64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	scanner := bufio.NewScanner(bytes.NewReader(content))
	for scanner.Scan() {
		if rest, found := strings.CutPrefix(scanner.Text(), "Pss:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib
		}
	}
	return 0
}

// monitors counts the processes of the program whose command lines hold the text, and adds up their memory.
func monitors(program, text string) (count int, kib int64) {
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, entry := range entries {
		content, err := os.ReadFile(entry)
		if err != nil {
			continue
		}
		words := strings.Split(string(content), "\x00")
		if filepath.Base(words[0]) == program && strings.Contains(strings.Join(words[1:], " "), text) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
			count++
			kib += pss(pid)
		}
	}
	return count, kib
}
