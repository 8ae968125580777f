//go:build tools

// Names the foreign programs, so that go.mod and go.sum pin them and everything they need.
package interop

import (
	_ "google.golang.org/grpc/interop/client"
	_ "google.golang.org/grpc/interop/server"
)
