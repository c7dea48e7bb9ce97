// grpc-health is a server of the standard gRPC health service for probes: service NAME is SERVING while the file NAME
// exists in the directory. It is linked statically, so that it runs in any container.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

type files struct {
	health.UnimplementedHealthServer
	directory string
}

func (f files) Check(_ context.Context, request *health.HealthCheckRequest) (*health.HealthCheckResponse, error) {
	name := request.GetService()
	if name == "" || name != filepath.Base(name) {
		return nil, status.Errorf(codes.InvalidArgument, "check service %q: it is not the name of a file", name)
	}
	if _, err := os.Stat(filepath.Join(f.directory, name)); err != nil {
		return &health.HealthCheckResponse{Status: health.HealthCheckResponse_NOT_SERVING}, nil
	}
	return &health.HealthCheckResponse{Status: health.HealthCheckResponse_SERVING}, nil
}

func main() {
	address := flag.String("address", ":5000", "where to listen")
	directory := flag.String("directory", "/state", "directory whose files name the services that are well")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	health.RegisterHealthServer(server, files{directory: *directory})
	log.Fatal(server.Serve(listener))
}
