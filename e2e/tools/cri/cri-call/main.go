// Command cri-call makes one call of a CRI runtime, any whose request and response are single messages, and prints the
// response as JSON. A refusal goes to standard error as "rpc error: code = NotFound desc = ...", with status 1.
//
//	cri-call SOCKET METHOD REQUEST-AS-JSON
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const limit = 2 * time.Minute

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: cri-call SOCKET METHOD REQUEST-AS-JSON")
		os.Exit(2)
	}
	response, err := call(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(response)
}

func call(socket, name, body string) (string, error) {
	method, err := find(protoreflect.Name(name))
	if err != nil {
		return "", err
	}
	request, response := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	if err := protojson.Unmarshal([]byte(body), request); err != nil {
		return "", fmt.Errorf("read the request of %s: %w", name, err)
	}
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	path := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	if err := connection.Invoke(ctx, path, request, response); err != nil {
		return "", err
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(response)
	return string(text), err
}

func find(name protoreflect.Name) (protoreflect.MethodDescriptor, error) {
	services := v1.File_staging_src_k8s_io_cri_api_pkg_apis_runtime_v1_api_proto.Services()
	for i := 0; i < services.Len(); i++ {
		method := services.Get(i).Methods().ByName(name)
		if method != nil && !method.IsStreamingServer() {
			return method, nil
		}
	}
	return nil, fmt.Errorf("find %s: the CRI has no such call", name)
}
