// kubelet-client speaks to a kubelet's own API (no API server) with the client code of kubectl, over SPDY or WebSocket:
//
//	kubelet-client [flags] exec NAMESPACE/POD/CONTAINER COMMAND...
//	kubelet-client [flags] attach NAMESPACE/POD/CONTAINER
//	kubelet-client [flags] forward NAMESPACE/POD [LOCAL]:REMOTE
//
// Standard input, output and error are the container's. The exit status of exec is the command's; 125 means that
// this program failed. forward runs until its standard input ends and prints what the library prints.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

var (
	server    = flag.String("server", "https://127.0.0.1:10250", "the kubelet's address")
	transport = flag.String("transport", "spdy", "spdy or websocket")
	stdin     = flag.Bool("stdin", false, "send standard input")
	tty       = flag.Bool("tty", false, "ask for a terminal of 33 columns and 22 rows")
)

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		var exit exec.CodeExitError
		if errors.As(err, &exit) {
			os.Exit(exit.Code)
		}
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(125)
	}
}

func run(words []string) error {
	if len(words) < 2 {
		return errors.New("run kubelet-client: it needs a verb and a pod")
	}
	config := &rest.Config{Host: *server, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	switch words[0] {
	case "exec":
		return stream(config, target("exec", words[1], url.Values{"command": words[2:]}))
	case "attach":
		return stream(config, target("attach", words[1], url.Values{}))
	case "forward":
		if len(words) != 3 {
			return errors.New("forward a port: it needs a pod and [LOCAL]:REMOTE")
		}
		return forward(config, target("portForward", words[1], url.Values{}), words[2])
	}
	return fmt.Errorf("run %s: it is neither exec, attach nor forward", words[0])
}

func target(verb, path string, query url.Values) *url.URL {
	base, err := url.Parse(*server)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(125)
	}
	return base.JoinPath(verb, path).ResolveReference(&url.URL{RawQuery: query.Encode()})
}

// stream runs exec and attach.
func stream(config *rest.Config, to *url.URL) error {
	query := to.Query()
	options := remotecommand.StreamOptions{Stdout: os.Stdout, Tty: *tty}
	query.Set("output", "1")
	if *stdin {
		options.Stdin = os.Stdin
		query.Set("input", "1")
	}
	if *tty {
		options.TerminalSizeQueue = &oneSize{}
		query.Set("tty", "1")
	} else {
		options.Stderr = os.Stderr
		query.Set("error", "1")
	}
	to.RawQuery = query.Encode()
	executor, err := executor(config, to)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(context.Background(), options)
}

func executor(config *rest.Config, to *url.URL) (remotecommand.Executor, error) {
	if *transport == "websocket" {
		return remotecommand.NewWebSocketExecutor(config, http.MethodGet, to.String())
	}
	return remotecommand.NewSPDYExecutor(config, http.MethodPost, to)
}

type oneSize struct{ told bool }

func (o *oneSize) Next() *remotecommand.TerminalSize {
	if o.told {
		return nil
	}
	o.told = true
	return &remotecommand.TerminalSize{Width: 33, Height: 22}
}

func forward(config *rest.Config, to *url.URL, ports string) error {
	dialer, err := dialer(config, to)
	if err != nil {
		return err
	}
	if strings.HasPrefix(ports, ":") {
		ports = "0" + ports
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{ports}, stop, ready,
		os.Stdout, os.Stderr)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	return forwarder.ForwardPorts()
}

func dialer(config *rest.Config, to *url.URL) (httpstream.Dialer, error) {
	if *transport == "websocket" {
		return portforward.NewSPDYOverWebsocketDialer(to, config)
	}
	roundTripper, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, http.MethodPost, to), nil
}
