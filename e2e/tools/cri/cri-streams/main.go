// Command cri-streams opens many streaming sessions with a CRI runtime: commands, attached clients and forwarded ports in
// turns, every other one broken off in the middle. It ends with status 0 when each went as it should have.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	stdinChannel  = 0
	stdoutChannel = 1
	errorChannel  = 3
	closeChannel  = 255
)

type client struct {
	runtime   v1.RuntimeServiceClient
	container string
	sandbox   string
	port      int32
}

func main() {
	path := flag.String("socket", "", "the runtime's CRI socket")
	container := flag.String("container", "", "id of a running container with standard input, which prints what it reads")
	sandbox := flag.String("sandbox", "", "id of its sandbox")
	port := flag.Int("port", 0, "port in the sandbox where what is sent comes back")
	sessions := flag.Int("sessions", 1000, "how many")
	parallel := flag.Int("parallel", 4, "how many at a time")
	stuck := flag.Int("stuck", 0, "instead: attach so many clients that never read, until standard input ends")
	flag.Parse()
	connection, err := grpc.NewClient("unix://"+*path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fail(err)
	}
	c := &client{v1.NewRuntimeServiceClient(connection), *container, *sandbox, int32(*port)}
	if *stuck > 0 {
		if err := c.stuck(*stuck); err != nil {
			fail(err)
		}
		return
	}
	if err := c.many(*sessions, *parallel); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func (c *client) many(sessions, parallel int) error {
	numbers := make(chan int)
	failures := make(chan error, sessions)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for number := range numbers {
				if err := c.session(number); err != nil {
					failures <- fmt.Errorf("session %d: %w", number, err)
				}
			}
		})
	}
	for number := range sessions {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	close(failures)
	return <-failures
}

func (c *client) session(number int) error {
	rude := number%2 == 1
	switch number / 2 % 3 {
	case 0:
		return c.exec(rude)
	case 1:
		return c.attach(rude)
	default:
		return c.forward(rude)
	}
}

func call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

func (c *client) exec(rude bool) error {
	ctx, cancel := call()
	defer cancel()
	answer, err := c.runtime.Exec(ctx, &v1.ExecRequest{
		ContainerId: c.container, Cmd: []string{"sh", "-c", "echo go; exec cat"}, Stdin: true, Stdout: true, Stderr: true,
	})
	if err != nil {
		return err
	}
	s, err := dial(answer.Url, "v5.channel.k8s.io")
	if err != nil {
		return err
	}
	if err := s.await(stdoutChannel, "go\n"); err != nil {
		return err
	}
	if err := s.send(stdinChannel, "there and back\n"); err != nil {
		return err
	}
	if rude {
		return s.breakOff()
	}
	if err := s.await(stdoutChannel, "there and back\n"); err != nil {
		return err
	}
	if err := s.send(closeChannel, "\x00"); err != nil {
		return err
	}
	if err := s.await(errorChannel, "Success"); err != nil {
		return err
	}
	return s.end()
}

func (c *client) attach(rude bool) error {
	ctx, cancel := call()
	defer cancel()
	answer, err := c.runtime.Attach(ctx, &v1.AttachRequest{ContainerId: c.container, Stdin: true, Stdout: true})
	if err != nil {
		return err
	}
	s, err := dial(answer.Url, "v5.channel.k8s.io")
	if err != nil {
		return err
	}
	if err := s.send(stdinChannel, "attached\n"); err != nil {
		return err
	}
	if err := s.await(stdoutChannel, "attached\n"); err != nil {
		return err
	}
	if rude {
		return s.breakOff()
	}
	return s.connection.Close()
}

func (c *client) forward(rude bool) error {
	ctx, cancel := call()
	defer cancel()
	answer, err := c.runtime.PortForward(ctx, &v1.PortForwardRequest{PodSandboxId: c.sandbox, Port: []int32{c.port}})
	if err != nil {
		return err
	}
	s, err := dial(answer.Url, "v4.channel.k8s.io")
	if err != nil {
		return err
	}
	if err := s.send(stdinChannel, "forwarded\n"); err != nil {
		return err
	}
	if err := s.await(stdinChannel, "forwarded\n"); err != nil {
		return err
	}
	if rude {
		return s.breakOff()
	}
	return s.connection.Close()
}

func (c *client) stuck(count int) error {
	for range count {
		ctx, cancel := call()
		answer, err := c.runtime.Attach(ctx, &v1.AttachRequest{ContainerId: c.container, Stdout: true, Stderr: true})
		cancel()
		if err != nil {
			return err
		}
		s, err := dial(answer.Url, "v5.channel.k8s.io")
		if err != nil {
			return err
		}
		defer s.connection.Close()
	}
	fmt.Println("attached")
	_, err := os.Stdin.Read(make([]byte, 1))
	if err != nil && err.Error() != "EOF" {
		return err
	}
	return nil
}
