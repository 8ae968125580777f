// The compression cases of gRPC's interop descriptions, which the Go client of the suite does not have: both ends, on the
// suite's own service. Each end looks at what came off the wire and refuses what is compressed, or not, against the
// agreement. Where the description changes compression within a stream, here there are two streams.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

const (
	requestSize  = 271828
	responseSize = 314159
)

type seenKey struct{}

// Whether the last message of a call came compressed.
type wire struct{}

func (wire) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	if ctx.Value(seenKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, seenKey{}, new(atomic.Bool))
}

func (wire) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if in, ok := event.(*stats.InPayload); ok {
		ctx.Value(seenKey{}).(*atomic.Bool).Store(in.CompressedLength != in.Length)
	}
}

func (wire) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (wire) HandleConn(context.Context, stats.ConnStats)                       {}

func cameCompressed(ctx context.Context) bool { return ctx.Value(seenKey{}).(*atomic.Bool).Load() }

func check(ctx context.Context, expected *pb.BoolValue) error {
	if expected != nil && expected.Value != cameCompressed(ctx) {
		return status.Errorf(codes.InvalidArgument, "compressed: %v, expected: %v", cameCompressed(ctx), expected.Value)
	}
	return nil
}

func compressor(wanted bool) string {
	if wanted {
		return gzip.Name
	}
	return "identity"
}

type server struct{ pb.TestServiceServer }

func (s server) UnaryCall(ctx context.Context, in *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if err := check(ctx, in.ExpectCompressed); err != nil {
		return nil, err
	}
	if err := grpc.SetSendCompressor(ctx, compressor(in.ResponseCompressed.GetValue())); err != nil {
		return nil, err
	}
	return s.TestServiceServer.UnaryCall(ctx, in)
}

func (s server) StreamingInputCall(stream pb.TestService_StreamingInputCallServer) error {
	sum := 0
	for {
		in, err := stream.Recv()
		if err != nil {
			return stream.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err := check(stream.Context(), in.ExpectCompressed); err != nil {
			return err
		}
		sum += len(in.Payload.Body)
	}
}

func (s server) StreamingOutputCall(in *pb.StreamingOutputCallRequest, stream pb.TestService_StreamingOutputCallServer) error {
	wanted := in.ResponseParameters[0].Compressed.GetValue()
	if err := grpc.SetSendCompressor(stream.Context(), compressor(wanted)); err != nil {
		return err
	}
	return s.TestServiceServer.StreamingOutputCall(in, stream)
}

func serve(port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	s := grpc.NewServer(grpc.StatsHandler(wire{}))
	pb.RegisterTestServiceServer(s, server{interop.NewTestServer()})
	return s.Serve(listener)
}

func payload(size int) *pb.Payload { return &pb.Payload{Body: make([]byte, size)} }

func options(compressed bool) []grpc.CallOption {
	if compressed {
		return []grpc.CallOption{grpc.UseCompressor(gzip.Name)}
	}
	return nil
}

// The probe: a server that looks at the wire refuses what was announced as compressed and is not.
func refused(err error) error {
	if status.Code(err) != codes.InvalidArgument {
		return fmt.Errorf("the server does not look at what comes: %v", err)
	}
	return nil
}

func clientUnary(ctx context.Context, client pb.TestServiceClient) error {
	request := &pb.SimpleRequest{ResponseSize: responseSize, Payload: payload(requestSize), ExpectCompressed: &pb.BoolValue{Value: true}}
	_, err := client.UnaryCall(ctx, request)
	if err := refused(err); err != nil {
		return err
	}
	for _, compressed := range []bool{true, false} {
		request.ExpectCompressed.Value = compressed
		answer, err := client.UnaryCall(ctx, request, options(compressed)...)
		if err != nil || len(answer.Payload.Body) != responseSize {
			return fmt.Errorf("compressed %v: %v", compressed, err)
		}
	}
	return nil
}

func sendStream(ctx context.Context, client pb.TestServiceClient, announced, compressed bool) (int32, error) {
	stream, err := client.StreamingInputCall(ctx, options(compressed)...)
	if err != nil {
		return 0, err
	}
	for _, size := range []int{27182, 45904} {
		// What fails here fails again, with its reason, when the answer is read.
		_ = stream.Send(&pb.StreamingInputCallRequest{Payload: payload(size), ExpectCompressed: &pb.BoolValue{Value: announced}})
	}
	answer, err := stream.CloseAndRecv()
	return answer.GetAggregatedPayloadSize(), err
}

func clientStreaming(ctx context.Context, client pb.TestServiceClient) error {
	_, err := sendStream(ctx, client, true, false)
	if err := refused(err); err != nil {
		return err
	}
	for _, compressed := range []bool{true, false} {
		if sum, err := sendStream(ctx, client, compressed, compressed); err != nil || sum != 73086 {
			return fmt.Errorf("compressed %v: %d bytes arrived, %v", compressed, sum, err)
		}
	}
	return nil
}

func serverUnary(ctx context.Context, client pb.TestServiceClient) error {
	for _, compressed := range []bool{true, false} {
		watched := wire{}.TagRPC(ctx, nil)
		answer, err := client.UnaryCall(watched, &pb.SimpleRequest{
			ResponseSize: responseSize, Payload: payload(requestSize), ResponseCompressed: &pb.BoolValue{Value: compressed}})
		if err != nil || len(answer.Payload.Body) != responseSize || cameCompressed(watched) != compressed {
			return fmt.Errorf("asked for compressed %v, came %v: %v", compressed, cameCompressed(watched), err)
		}
	}
	return nil
}

func serverStreaming(ctx context.Context, client pb.TestServiceClient) error {
	for _, compressed := range []bool{true, false} {
		wanted := &pb.BoolValue{Value: compressed}
		watched := wire{}.TagRPC(ctx, nil)
		stream, err := client.StreamingOutputCall(watched, &pb.StreamingOutputCallRequest{
			ResponseParameters: []*pb.ResponseParameters{{Size: 31415, Compressed: wanted}, {Size: 92653, Compressed: wanted}}})
		if err != nil {
			return err
		}
		for _, size := range []int{31415, 92653} {
			answer, err := stream.Recv()
			if err != nil || len(answer.Payload.Body) != size || cameCompressed(watched) != compressed {
				return fmt.Errorf("asked for compressed %v, came %v: %v", compressed, cameCompressed(watched), err)
			}
		}
	}
	return nil
}

func call(target, name string) error {
	cases := map[string]func(context.Context, pb.TestServiceClient) error{
		"client_compressed_unary": clientUnary, "client_compressed_streaming": clientStreaming,
		"server_compressed_unary": serverUnary, "server_compressed_streaming": serverStreaming}
	run, known := cases[name]
	if !known {
		return fmt.Errorf("there is no case %q", name)
	}
	connection, err := grpc.Dial(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(wire{}))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return run(ctx, pb.NewTestServiceClient(connection))
}

func main() {
	port := flag.Int("port", 0, "serve on this port")
	target := flag.String("target", "", "host and port to call")
	name := flag.String("test_case", "", "the case to run against the target")
	flag.Parse()
	var err error
	if *target == "" {
		err = serve(*port)
	} else {
		err = call(*target, *name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
