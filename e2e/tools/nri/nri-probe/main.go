// nri-probe is an NRI plugin for tests: it does what a file of rules says and writes down what it is told.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/containerd/nri/pkg/api"
	"github.com/containerd/nri/pkg/stub"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// rules are read anew for each event.
type rules struct {
	// Adjust has a ContainerAdjustment for each container name.
	Adjust map[string]json.RawMessage `json:"adjust"`
	// Update has ContainerUpdates that are asked for when a container of that name is created, updated or stopped.
	Update map[string][]json.RawMessage `json:"update"`
	// Unsolicited has ContainerUpdates that SIGUSR1 asks for.
	Unsolicited []json.RawMessage `json:"unsolicited"`
	// Fail and Hang name events that are answered with an error, or not in time.
	Fail []string `json:"fail"`
	Hang []string `json:"hang"`
}

// line is one line of the log.
type line struct {
	Event         string          `json:"event"`
	Pod           string          `json:"pod,omitempty"`
	PodName       string          `json:"podName,omitempty"`
	Container     string          `json:"container,omitempty"`
	ContainerName string          `json:"containerName,omitempty"`
	Pods          []string        `json:"pods,omitempty"`
	Containers    []string        `json:"containers,omitempty"`
	Config        string          `json:"config,omitempty"`
	Error         string          `json:"error,omitempty"`
	Failed        int             `json:"failed,omitempty"`
	Message       json.RawMessage `json:"message,omitempty"`
}

type plugin struct {
	rulesFile string
	hang      time.Duration
	lock      sync.Mutex
	log       *os.File
}

func (p *plugin) write(l line) {
	p.lock.Lock()
	defer p.lock.Unlock()
	text, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	if _, err := p.log.Write(append(text, '\n')); err != nil {
		panic(err)
	}
}

func raw(m proto.Message) json.RawMessage {
	text, err := protojson.Marshal(m)
	if err != nil {
		panic(err)
	}
	return text
}

func (p *plugin) rules() rules {
	var r rules
	text, err := os.ReadFile(p.rulesFile)
	if errors.Is(err, os.ErrNotExist) {
		return r
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		panic(fmt.Sprintf("read rules %s: %v", p.rulesFile, err))
	}
	return r
}

// told writes an event down and does what the rules say of it.
func (p *plugin) told(event string, pod *api.PodSandbox, container *api.Container) (rules, error) {
	l := line{Event: event, Pod: pod.GetId(), PodName: pod.GetName(), Message: raw(pod)}
	if container != nil {
		l.Container, l.ContainerName, l.Message = container.GetId(), container.GetName(), raw(container)
	}
	p.write(l)
	r := p.rules()
	if slices.Contains(r.Hang, event) {
		time.Sleep(p.hang)
	}
	if slices.Contains(r.Fail, event) {
		return r, fmt.Errorf("the rules say that %s fails", event)
	}
	return r, nil
}

func updates(texts []json.RawMessage) ([]*api.ContainerUpdate, error) {
	var result []*api.ContainerUpdate
	for _, text := range texts {
		update := &api.ContainerUpdate{}
		if err := protojson.Unmarshal(text, update); err != nil {
			return nil, err
		}
		result = append(result, update)
	}
	return result, nil
}

func (p *plugin) Configure(_ context.Context, config, runtime, version string) (api.EventMask, error) {
	p.write(line{Event: "Configure", Config: config, PodName: runtime, ContainerName: version})
	return 0, nil
}

func (p *plugin) Synchronize(_ context.Context, pods []*api.PodSandbox, containers []*api.Container) ([]*api.ContainerUpdate, error) {
	l := line{Event: "Synchronize"}
	for _, pod := range pods {
		l.Pods = append(l.Pods, pod.GetId())
	}
	for _, container := range containers {
		l.Containers = append(l.Containers, container.GetId())
	}
	p.write(l)
	if slices.Contains(p.rules().Hang, "Synchronize") {
		time.Sleep(p.hang)
	}
	return nil, nil
}

func (p *plugin) Shutdown(context.Context) { p.write(line{Event: "Shutdown"}) }

func (p *plugin) RunPodSandbox(_ context.Context, pod *api.PodSandbox) error {
	_, err := p.told("RunPodSandbox", pod, nil)
	return err
}

func (p *plugin) UpdatePodSandbox(_ context.Context, pod *api.PodSandbox, _, _ *api.LinuxResources) error {
	_, err := p.told("UpdatePodSandbox", pod, nil)
	return err
}

func (p *plugin) PostUpdatePodSandbox(_ context.Context, pod *api.PodSandbox) error {
	_, err := p.told("PostUpdatePodSandbox", pod, nil)
	return err
}

func (p *plugin) StopPodSandbox(_ context.Context, pod *api.PodSandbox) error {
	_, err := p.told("StopPodSandbox", pod, nil)
	return err
}

func (p *plugin) RemovePodSandbox(_ context.Context, pod *api.PodSandbox) error {
	_, err := p.told("RemovePodSandbox", pod, nil)
	return err
}

func (p *plugin) CreateContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) (*api.ContainerAdjustment, []*api.ContainerUpdate, error) {
	r, err := p.told("CreateContainer", pod, container)
	if err != nil {
		return nil, nil, err
	}
	adjustment := &api.ContainerAdjustment{}
	if text, ok := r.Adjust[container.GetName()]; ok {
		if err := protojson.Unmarshal(text, adjustment); err != nil {
			return nil, nil, err
		}
	}
	wanted, err := updates(r.Update[container.GetName()])
	return adjustment, wanted, err
}

func (p *plugin) PostCreateContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	_, err := p.told("PostCreateContainer", pod, container)
	return err
}

func (p *plugin) StartContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	_, err := p.told("StartContainer", pod, container)
	return err
}

func (p *plugin) PostStartContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	_, err := p.told("PostStartContainer", pod, container)
	return err
}

func (p *plugin) UpdateContainer(_ context.Context, pod *api.PodSandbox, container *api.Container, _ *api.LinuxResources) ([]*api.ContainerUpdate, error) {
	r, err := p.told("UpdateContainer", pod, container)
	if err != nil {
		return nil, err
	}
	return updates(r.Update[container.GetName()])
}

func (p *plugin) PostUpdateContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	_, err := p.told("PostUpdateContainer", pod, container)
	return err
}

func (p *plugin) StopContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) ([]*api.ContainerUpdate, error) {
	_, err := p.told("StopContainer", pod, container)
	return nil, err
}

func (p *plugin) RemoveContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	_, err := p.told("RemoveContainer", pod, container)
	return err
}

// judge is a plugin that also judges what others want.
type judge struct{ plugin }

func (j *judge) ValidateContainerAdjustment(_ context.Context, request *api.ValidateContainerAdjustmentRequest) error {
	j.write(line{Event: "ValidateContainerAdjustment", Container: request.GetContainer().GetId(), Message: raw(request)})
	if slices.Contains(j.rules().Fail, "ValidateContainerAdjustment") {
		return errors.New("the rules say that it is rejected")
	}
	return nil
}

func run() error {
	var p plugin
	socket := flag.String("socket", "", "where the runtime listens; empty when it started this program")
	name := flag.String("name", "", "name of the plugin")
	index := flag.String("index", "", "its index")
	judges := flag.Bool("judge", false, "also judge what plugins want")
	logFile := flag.String("log", os.Args[0]+".log", "file that events are written to")
	flag.StringVar(&p.rulesFile, "rules", os.Args[0]+".rules", "file with rules")
	flag.DurationVar(&p.hang, "hang", 30*time.Second, "how long to hang")
	flag.Parse()

	var err error
	p.log, err = os.OpenFile(*logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var options []stub.Option
	if *socket != "" {
		options = append(options, stub.WithSocketPath(*socket))
	}
	if *name != "" {
		options = append(options, stub.WithPluginName(*name), stub.WithPluginIdx(*index))
	}
	var s stub.Stub
	if *judges {
		s, err = stub.New(&judge{plugin: plugin{rulesFile: p.rulesFile, hang: p.hang, log: p.log}}, options...)
	} else {
		s, err = stub.New(&p, options...)
	}
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			wanted, err := updates(p.rules().Unsolicited)
			l := line{Event: "Unsolicited"}
			if err == nil {
				var failed []*api.ContainerUpdate
				failed, err = s.UpdateContainers(wanted)
				l.Failed = len(failed)
			}
			if err != nil {
				l.Error = err.Error()
			}
			p.write(l)
		}
	}()
	err = s.Run(context.Background())
	p.write(line{Event: "Closed"})
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nri-probe:", err)
		os.Exit(1)
	}
}
