package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const callLimit = time.Minute

// cri is one runtime under measurement.
type cri struct {
	name, program, text, cgroup, logs string
	pid                               int
	connection                        *grpc.ClientConn
	runtime                           v1.RuntimeServiceClient
	images                            v1.ImageServiceClient
	sandboxes                         map[int]string
	containers                        map[int]string
	report                            report
}

func connect(name, socket string, pid int, program, text, cgroup, logs string) (*cri, error) {
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", name, err)
	}
	return &cri{
		name: name, program: program, text: text, cgroup: cgroup, logs: logs, pid: pid, connection: connection,
		runtime: v1.NewRuntimeServiceClient(connection), images: v1.NewImageServiceClient(connection),
		sandboxes: map[int]string{}, containers: map[int]string{},
		report: report{milliseconds: map[string][]float64{}},
	}, nil
}

// timed adds the duration of the call to the samples of the operation.
func (c *cri) timed(operation string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	start := time.Now()
	err := call(ctx)
	c.report.milliseconds[operation] = append(c.report.milliseconds[operation], float64(time.Since(start).Microseconds())/1000)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", c.name, operation, err)
	}
	return nil
}

func (c *cri) pull(image string) error {
	return c.timed("PullImage", func(ctx context.Context) error {
		_, err := c.images.PullImage(ctx, &v1.PullImageRequest{Image: &v1.ImageSpec{Image: image}})
		return err
	})
}

func (c *cri) sandboxConfig(i int) *v1.PodSandboxConfig {
	name := fmt.Sprintf("density-%d", i)
	return &v1.PodSandboxConfig{
		Metadata:     &v1.PodSandboxMetadata{Name: name, Namespace: "bench", Uid: name},
		Hostname:     name,
		LogDirectory: filepath.Join(c.logs, name),
		Linux: &v1.LinuxPodSandboxConfig{
			CgroupParent: c.cgroup,
			SecurityContext: &v1.LinuxSandboxSecurityContext{
				NamespaceOptions: &v1.NamespaceOption{Pid: v1.NamespaceMode_CONTAINER},
			},
		},
	}
}

// runPod asks for a pod as the kubelet does: a private PID namespace and one container.
func (c *cri) runPod(i int, image string) error {
	sandbox := c.sandboxConfig(i)
	if err := os.MkdirAll(sandbox.LogDirectory, 0o755); err != nil {
		return err
	}
	whole := time.Now()
	err := c.timed("RunPodSandbox", func(ctx context.Context) error {
		r, err := c.runtime.RunPodSandbox(ctx, &v1.RunPodSandboxRequest{Config: sandbox})
		c.sandboxes[i] = r.GetPodSandboxId()
		return err
	})
	if err != nil {
		return err
	}
	start := time.Now()
	err = c.timed("CreateContainer", func(ctx context.Context) error {
		r, err := c.runtime.CreateContainer(ctx, &v1.CreateContainerRequest{
			PodSandboxId: c.sandboxes[i],
			Config: &v1.ContainerConfig{
				Metadata: &v1.ContainerMetadata{Name: "c"},
				Image:    &v1.ImageSpec{Image: image},
				Command:  []string{"sleep", "infinity"},
				LogPath:  "c.log",
				Linux: &v1.LinuxContainerConfig{SecurityContext: &v1.LinuxContainerSecurityContext{
					NamespaceOptions: &v1.NamespaceOption{Pid: v1.NamespaceMode_CONTAINER},
				}},
			},
			SandboxConfig: sandbox,
		})
		c.containers[i] = r.GetContainerId()
		return err
	})
	if err != nil {
		return err
	}
	err = c.timed("StartContainer", func(ctx context.Context) error {
		_, err := c.runtime.StartContainer(ctx, &v1.StartContainerRequest{ContainerId: c.containers[i]})
		return err
	})
	c.add("CreateContainer + StartContainer", time.Since(start))
	c.add("pod to running", time.Since(whole))
	return err
}

func (c *cri) add(operation string, d time.Duration) {
	c.report.milliseconds[operation] = append(c.report.milliseconds[operation], float64(d.Microseconds())/1000)
}

func (c *cri) exec(i int) error {
	return c.timed("ExecSync true", func(ctx context.Context) error {
		r, err := c.runtime.ExecSync(ctx, &v1.ExecSyncRequest{ContainerId: c.containers[i], Cmd: []string{"true"}, Timeout: 30})
		if err == nil && r.ExitCode != 0 {
			return fmt.Errorf("exit code %d: %s", r.ExitCode, r.Stderr)
		}
		return err
	})
}

// lists times the calls the kubelet repeats; one that a runtime does not have yet is left out of the samples.
func (c *cri) lists() error {
	calls := map[string]func(context.Context) error{
		"ListContainers": func(ctx context.Context) error {
			_, err := c.runtime.ListContainers(ctx, &v1.ListContainersRequest{})
			return err
		},
		"ListPodSandbox": func(ctx context.Context) error {
			_, err := c.runtime.ListPodSandbox(ctx, &v1.ListPodSandboxRequest{})
			return err
		},
		"ListContainerStats": func(ctx context.Context) error {
			_, err := c.runtime.ListContainerStats(ctx, &v1.ListContainerStatsRequest{})
			return err
		},
		"ListPodSandboxStats": func(ctx context.Context) error {
			_, err := c.runtime.ListPodSandboxStats(ctx, &v1.ListPodSandboxStatsRequest{})
			return err
		},
	}
	for operation, call := range calls {
		missing := false
		err := c.timed(operation, func(ctx context.Context) error {
			err := call(ctx)
			missing = status.Code(err) == codes.Unimplemented
			return err
		})
		if missing {
			delete(c.report.milliseconds, operation)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// removePod is the end of a pod without grace: StopContainer at once, StopPodSandbox, RemovePodSandbox.
func (c *cri) removePod(i int) error {
	start := time.Now()
	err := c.timed("StopContainer", func(ctx context.Context) error {
		_, err := c.runtime.StopContainer(ctx, &v1.StopContainerRequest{ContainerId: c.containers[i]})
		return err
	})
	if err != nil {
		return err
	}
	err = c.timed("StopPodSandbox", func(ctx context.Context) error {
		_, err := c.runtime.StopPodSandbox(ctx, &v1.StopPodSandboxRequest{PodSandboxId: c.sandboxes[i]})
		return err
	})
	if err != nil {
		return err
	}
	err = c.timed("RemovePodSandbox", func(ctx context.Context) error {
		_, err := c.runtime.RemovePodSandbox(ctx, &v1.RemovePodSandboxRequest{PodSandboxId: c.sandboxes[i]})
		return err
	})
	c.add("teardown", time.Since(start))
	delete(c.sandboxes, i)
	return err
}

// removeAll ends what a failed run left.
func (c *cri) removeAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*callLimit)
	defer cancel()
	for _, id := range c.sandboxes {
		if id == "" {
			continue
		}
		if _, err := c.runtime.StopPodSandbox(ctx, &v1.StopPodSandboxRequest{PodSandboxId: id}); err != nil {
			return fmt.Errorf("%s: stop pod sandbox %s: %w", c.name, id, err)
		}
		if _, err := c.runtime.RemovePodSandbox(ctx, &v1.RemovePodSandboxRequest{PodSandboxId: id}); err != nil {
			return fmt.Errorf("%s: remove pod sandbox %s: %w", c.name, id, err)
		}
	}
	return nil
}
