// Command cri-descriptor prints the CRI wire contract as sorted lines, one for each thing that a peer can notice:
// messages, fields with their numbers and types, enum values, RPCs. Without arguments it prints the official one of
// the Go module k8s.io/cri-api; with "DIRECTORY FILE" it compiles that .proto file and prints it in the same form.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func main() {
	file, err := load(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cri-descriptor:", err)
		os.Exit(1)
	}
	for _, line := range describe(file) {
		fmt.Println(line)
	}
}

func load(arguments []string) (protoreflect.FileDescriptor, error) {
	switch len(arguments) {
	case 0:
		return runtime.File_staging_src_k8s_io_cri_api_pkg_apis_runtime_v1_api_proto, nil
	case 2:
		compiler := protocompile.Compiler{
			Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: arguments[:1]}),
		}
		files, err := compiler.Compile(context.Background(), arguments[1])
		if err != nil {
			return nil, err
		}
		return files[0], nil
	default:
		return nil, fmt.Errorf("usage: cri-descriptor [DIRECTORY FILE]")
	}
}

func describe(file protoreflect.FileDescriptor) []string {
	lines := []string{"package " + string(file.Package()), "syntax " + file.Syntax().String()}
	lines = append(lines, enums(file.Enums())...)
	lines = append(lines, messages(file.Messages())...)
	services := file.Services()
	for i := 0; i < services.Len(); i++ {
		methods := services.Get(i).Methods()
		for j := 0; j < methods.Len(); j++ {
			m := methods.Get(j)
			lines = append(lines, fmt.Sprintf("rpc %s (stream=%t %s) returns (stream=%t %s)", m.FullName(),
				m.IsStreamingClient(), m.Input().FullName(), m.IsStreamingServer(), m.Output().FullName()))
		}
	}
	sort.Strings(lines)
	return lines
}

func messages(all protoreflect.MessageDescriptors) []string {
	var lines []string
	for i := 0; i < all.Len(); i++ {
		m := all.Get(i)
		if !m.IsMapEntry() {
			lines = append(lines, "message "+string(m.FullName()))
			for j := 0; j < m.Fields().Len(); j++ {
				lines = append(lines, field(m.Fields().Get(j)))
			}
			lines = append(lines, reserved(m)...)
		}
		lines = append(lines, messages(m.Messages())...)
		lines = append(lines, enums(m.Enums())...)
	}
	return lines
}

func field(f protoreflect.FieldDescriptor) string {
	oneof := ""
	if o := f.ContainingOneof(); o != nil {
		oneof = " oneof " + string(o.Name())
	}
	return fmt.Sprintf("field %s = %d %s%s json %s%s", f.FullName(), f.Number(), cardinality(f), kind(f), f.JSONName(), oneof)
}

func cardinality(f protoreflect.FieldDescriptor) string {
	if f.IsMap() {
		return ""
	}
	return fmt.Sprintf("%s packed=%t presence=%t ", f.Cardinality(), f.IsPacked(), f.HasPresence())
}

func kind(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map<%s, %s>", kind(f.MapKey()), kind(f.MapValue()))
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	default:
		return f.Kind().String()
	}
}

func reserved(m protoreflect.MessageDescriptor) []string {
	var lines []string
	for i := 0; i < m.ReservedRanges().Len(); i++ {
		r := m.ReservedRanges().Get(i)
		for n := r[0]; n < r[1]; n++ {
			lines = append(lines, fmt.Sprintf("reserved %s %d", m.FullName(), n))
		}
	}
	for i := 0; i < m.ReservedNames().Len(); i++ {
		lines = append(lines, fmt.Sprintf("reserved %s %s", m.FullName(), m.ReservedNames().Get(i)))
	}
	return lines
}

func enums(all protoreflect.EnumDescriptors) []string {
	var lines []string
	for i := 0; i < all.Len(); i++ {
		e := all.Get(i)
		for j := 0; j < e.Values().Len(); j++ {
			v := e.Values().Get(j)
			lines = append(lines, fmt.Sprintf("enum %s %s = %d", e.FullName(), v.Name(), v.Number()))
		}
	}
	return lines
}
